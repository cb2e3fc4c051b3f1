#include "common/compose/interpolate.h"

#include <set>
#include <utility>

#include "common/base/status.h"
#include "common/compose/yaml_reader.h"

namespace quayside::compose {
namespace {

bool IsNameStart(char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsNamePart(char c) { return IsNameStart(c) || (c >= '0' && c <= '9'); }

std::string_view TakeName(std::string_view text) {
  if (text.empty() || !IsNameStart(text.front())) return {};
  size_t end = 1;
  while (end < text.size() && IsNamePart(text[end])) ++end;
  return text.substr(0, end);
}

// The place of the brace that closes the one before text[0]; npos when there is none.
size_t ClosingBrace(std::string_view text) {
  int open = 1;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '$' && i + 1 < text.size() && text[i + 1] == '$') {
      ++i;
    } else if (text[i] == '$' && i + 1 < text.size() && text[i + 1] == '{') {
      ++open;
      ++i;
    } else if (text[i] == '}' && --open == 0) {
      return i;
    }
  }
  return std::string_view::npos;
}

absl::StatusOr<std::string> Expand(std::string_view text, const Variables& variables, int depth);

absl::Status Invalid(std::string_view where) {
  return InvalidArgument("invalid interpolation at \"" + std::string(where.substr(0, 40)) +
                         "\"; write ${NAME} for a variable and $$ for a literal $");
}

// The value of what stands between the braces of ${…}.
absl::StatusOr<std::string> ExpandBraced(std::string_view inside, const Variables& variables,
                                         int depth) {
  const std::string_view name = TakeName(inside);
  if (name.empty()) return Invalid("${" + std::string(inside) + "}");
  std::string_view rest = inside.substr(name.size());
  std::optional<std::string> value = variables.get(name);
  if (rest.empty()) {
    if (!value.has_value()) variables.unset(name);
    return value.value_or("");
  }
  const bool empty_counts = rest.front() == ':';  // with the colon, empty is as good as unset
  if (empty_counts) rest.remove_prefix(1);
  const char form = rest.empty() ? '\0' : rest.front();
  if (form != '-' && form != '?' && form != '+') {
    return Invalid("${" + std::string(inside) + "}");
  }
  rest.remove_prefix(1);
  const bool present = value.has_value() && !(empty_counts && value->empty());
  if (form == '+') return present ? Expand(rest, variables, depth + 1) : std::string();
  if (present) return *std::move(value);
  if (form == '-') return Expand(rest, variables, depth + 1);
  QS_ASSIGN_OR_RETURN(std::string reason, Expand(rest, variables, depth + 1));
  return InvalidArgument(
      "the variable " + std::string(name) + " is required" +
      (reason.empty() ? "; set it in the environment or in .env" : ": " + reason));
}

absl::StatusOr<std::string> Expand(std::string_view text, const Variables& variables, int depth) {
  if (depth > kMaxNesting) {
    return InvalidArgument("interpolation is nested more than " + std::to_string(kMaxNesting) +
                           " levels deep");
  }
  std::string result;
  while (!text.empty()) {
    const size_t dollar = text.find('$');
    result.append(text.substr(0, dollar));
    if (dollar == std::string_view::npos) break;
    text.remove_prefix(dollar);
    const std::string_view after = text.substr(1);
    size_t used = 1;
    if (after.starts_with('$')) {
      result.push_back('$');
      used = 2;
    } else if (after.starts_with('{')) {
      const size_t end = ClosingBrace(after.substr(1));
      if (end == std::string_view::npos) return Invalid(text);
      QS_ASSIGN_OR_RETURN(const std::string value,
                          ExpandBraced(after.substr(1, end), variables, depth));
      result += value;
      used = end + 3;
    } else if (const std::string_view name = TakeName(after); !name.empty()) {
      const std::optional<std::string> value = variables.get(name);
      if (!value.has_value()) variables.unset(name);
      result += value.value_or("");
      used = name.size() + 1;
    } else {
      return Invalid(text);
    }
    if (result.size() > kMaxValueBytes) {
      return InvalidArgument("the value grows over " + std::to_string(kMaxValueBytes) + " bytes");
    }
    text.remove_prefix(used);
  }
  return result;
}

class TreeInterpolator {
 public:
  TreeInterpolator(const std::function<std::optional<std::string>(std::string_view)>& get,
                   Problems& problems)
      : get_(get), problems_(problems) {}

  void Walk(Node& node, const std::string& path) {
    if (node.IsScalar()) {
      Replace(node, path);
    }
    for (Node& item : node.items) Walk(item, path);
    for (Entry& entry : node.entries) {
      Walk(entry.value, path.empty() ? entry.key : path + "." + entry.key);
    }
  }

 private:
  void Replace(Node& node, const std::string& path) {
    if (node.text.find('$') == std::string::npos) return;
    const Variables variables{
        .get = get_,
        .unset =
            [&](std::string_view name) {
              if (!warned_.insert(std::string(name)).second) return;
              problems_.Warn(node.mark, path,
                             "the variable " + std::string(name) +
                                 " is not set, an empty text stands in for it");
            },
    };
    absl::StatusOr<std::string> text = Interpolate(node.text, variables);
    if (!text.ok()) {
      problems_.Error(node.mark, path, Message(text.status()));
      node.text.clear();
      return;
    }
    added_bytes_ += text->size();
    if (added_bytes_ > kMaxTreeTextBytes) {
      problems_.Error(
          node.mark, path,
          "more than " + std::to_string(kMaxTreeTextBytes) + " bytes of values in a file");
      node.text.clear();
      return;
    }
    node.text = *std::move(text);
  }

  const std::function<std::optional<std::string>(std::string_view)>& get_;
  Problems& problems_;
  std::set<std::string> warned_;
  size_t added_bytes_ = 0;
};

}  // namespace

absl::StatusOr<std::string> Interpolate(std::string_view text, const Variables& variables) {
  return Expand(text, variables, 0);
}

void InterpolateTree(Node& root, const std::string& path,
                     const std::function<std::optional<std::string>(std::string_view)>& get,
                     Problems& problems) {
  TreeInterpolator(get, problems).Walk(root, path);
}

}  // namespace quayside::compose
