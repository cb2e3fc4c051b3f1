#include "common/compose/env_file.h"

#include <utility>

#include "absl/status/statusor.h"
#include "common/base/status.h"
#include "common/compose/interpolate.h"

namespace quayside::compose {
namespace {

constexpr std::string_view kBlanks = " \t\r";

bool IsKeyPart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == '-' || c == '[' || c == ']';
}

std::string_view TrimRight(std::string_view text) {
  const size_t end = text.find_last_not_of(kBlanks);
  return end == std::string_view::npos ? std::string_view() : text.substr(0, end + 1);
}

class EnvFileParser {
 public:
  EnvFileParser(std::string_view text, int file, const Lookup& lookup, Problems& problems)
      : text_(text), file_(file), lookup_(lookup), problems_(problems) {}

  std::map<std::string, std::string> Parse() {
    if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
    if (text_.find('\0') != std::string_view::npos) {
      problems_.Error({file_, 0, 0}, "", "a NUL byte; the file must be text");
      return {};
    }
    while (at_ < text_.size()) Statement();
    return std::move(values_);
  }

 private:
  Mark Here() const { return {file_, line_, static_cast<int>(at_ - line_start_) + 1}; }
  bool Done() const { return at_ >= text_.size(); }
  char Peek() const { return text_[at_]; }

  void Advance() {
    if (text_[at_++] == '\n') {
      ++line_;
      line_start_ = at_;
    }
  }
  void SkipBlanks() {
    while (!Done() && kBlanks.find(Peek()) != std::string_view::npos) Advance();
  }
  void SkipLine() {
    while (!Done() && Peek() != '\n') Advance();
    if (!Done()) Advance();
  }

  void Statement() {
    SkipBlanks();
    if (Done()) return;
    if (Peek() == '\n' || Peek() == '#') return SkipLine();
    std::string key = TakeKey();
    if (key == "export" && !Done() && kBlanks.find(Peek()) != std::string_view::npos) {
      SkipBlanks();
      if (!Done() && IsKeyPart(Peek())) key = TakeKey();
    }
    if (key.empty()) {
      problems_.Error(Here(), "", "a line is KEY=value, and this is not the start of a key");
      return SkipLine();
    }
    const Mark mark = Here();
    SkipBlanks();
    if (Done() || Peek() == '\n' || Peek() == '#') {
      if (const auto value = lookup_(key)) values_[key] = *value;
      return SkipLine();
    }
    if (Peek() != '=' && Peek() != ':') {
      problems_.Error(mark, key, "a line is KEY=value, and the key is not followed by =");
      return SkipLine();
    }
    Advance();
    SkipBlanks();
    Value(key);
  }

  std::string TakeKey() {
    const size_t start = at_;
    while (!Done() && IsKeyPart(Peek())) Advance();
    return std::string(text_.substr(start, at_ - start));
  }

  void Value(const std::string& key) {
    const Mark mark = Here();
    if (!Done() && (Peek() == '\'' || Peek() == '"')) {
      const char quote = Peek();
      std::optional<std::string> inside = Quoted(quote, mark, key);
      if (!inside.has_value()) return;
      SkipBlanks();
      if (!Done() && Peek() != '\n' && Peek() != '#') {
        problems_.Error(Here(), key, "there is text after the closing quote");
      }
      SkipLine();
      if (quote == '\'') {
        values_[key] = *std::move(inside);
      } else {
        Store(key, mark, *inside);
      }
      return;
    }
    const size_t start = at_;
    const size_t end = std::min(text_.find('\n', at_), text_.size());
    std::string_view value = text_.substr(start, end - start);
    for (size_t i = 0; i < value.size(); ++i) {
      if (value[i] == '#' && (i == 0 || value[i - 1] == ' ' || value[i - 1] == '\t')) {
        value = value.substr(0, i);
        break;
      }
    }
    SkipLine();
    Store(key, mark, TrimRight(value));
  }

  // What stands between the quotes; in double quotes escapes are resolved and `\$` is kept from
  // interpolation.
  std::optional<std::string> Quoted(char quote, const Mark& mark, const std::string& key) {
    Advance();
    std::string value;
    while (!Done() && Peek() != quote) {
      if (Peek() == '\\' && at_ + 1 < text_.size()) {
        const char next = text_[at_ + 1];
        Advance();
        Advance();
        AppendEscape(quote, next, value);
      } else {
        value.push_back(Peek());
        Advance();
      }
    }
    if (Done()) {
      problems_.Error(mark, key,
                      std::string("the quote ") + quote + " that begins here never ends");
      return std::nullopt;
    }
    Advance();
    return value;
  }

  static void AppendEscape(char quote, char next, std::string& value) {
    if (quote == '\'') {
      if (next != '\'') value.push_back('\\');
      value.push_back(next);
      return;
    }
    switch (next) {
      case 'n':
        value.push_back('\n');
        break;
      case 'r':
        value.push_back('\r');
        break;
      case 't':
        value.push_back('\t');
        break;
      case '$':
        value += "$$";
        break;
      case '"':
      case '\\':
        value.push_back(next);
        break;
      default:
        value.push_back('\\');
        value.push_back(next);
    }
  }

  void Store(const std::string& key, const Mark& mark, std::string_view raw) {
    const Variables variables{
        .get = [&](std::string_view name) -> std::optional<std::string> {
          if (auto value = lookup_(name)) return value;
          const auto found = values_.find(std::string(name));
          if (found == values_.end()) return std::nullopt;
          return found->second;
        },
        .unset =
            [&](std::string_view name) {
              problems_.Warn(mark, key,
                             "the variable " + std::string(name) +
                                 " is not set, an empty text stands in for it");
            },
    };
    absl::StatusOr<std::string> value = Interpolate(raw, variables);
    if (!value.ok()) {
      problems_.Error(mark, key, Message(value.status()) + ", or put the value in single quotes");
      return;
    }
    values_[key] = *std::move(value);
  }

  std::string_view text_;
  const int file_;
  const Lookup& lookup_;
  Problems& problems_;
  std::map<std::string, std::string> values_;
  size_t at_ = 0;
  size_t line_start_ = 0;
  int line_ = 1;
};

}  // namespace

std::map<std::string, std::string> ParseEnvFile(std::string_view text, int file,
                                                const Lookup& lookup, Problems& problems) {
  return EnvFileParser(text, file, lookup, problems).Parse();
}

std::map<std::string, std::string> ParseRawEnvFile(std::string_view text, int file,
                                                   const Lookup& lookup, Problems& problems) {
  std::map<std::string, std::string> values;
  int number = 0;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    const size_t start = line.find_first_not_of(kBlanks);
    if (start == std::string_view::npos || line[start] == '#') continue;
    line.remove_prefix(start);
    const Mark mark{file, number, static_cast<int>(start) + 1};
    const size_t equals = line.find('=');
    const std::string key(line.substr(0, equals));
    if (key.empty() || key.find_first_of(" \t") != std::string::npos ||
        line.find('\0') != std::string_view::npos) {
      problems.Error(mark, "", "a line is KEY=value, with no blank in the key and no NUL byte");
    } else if (equals != std::string_view::npos) {
      values[key] = std::string(line.substr(equals + 1));
    } else if (const auto value = lookup(key)) {
      values[key] = *value;
    }
  }
  return values;
}

}  // namespace quayside::compose
