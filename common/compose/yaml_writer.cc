#include "common/compose/yaml_writer.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <utility>

namespace quayside::compose {
namespace {

// Text that needs no quotes in block style: it begins with a letter, digit or path, and nothing in
// it ends a plain scalar.
bool IsPlainSafe(std::string_view text) {
  const auto is_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
  if (text.empty() || !(is_word(text.front()) || text.front() == '/' || text.front() == '_')) {
    return false;
  }
  for (const char c : text) {
    if (!is_word(c) && std::string_view("_-./+:@=%$").find(c) == std::string_view::npos)
      return false;
  }
  return text.back() != ':';
}

// Text that some YAML reader takes for a number, a date, a truth value or nothing.
bool LooksTyped(std::string_view text) {
  std::string lower;
  for (const char c : text) {
    lower.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
  }
  constexpr std::array<std::string_view, 9> kWords = {"true", "false", "yes", "no",  "on",
                                                      "off",  "y",     "n",   "null"};
  if (std::find(kWords.begin(), kWords.end(), lower) != kWords.end()) return true;
  return std::isdigit(static_cast<unsigned char>(text.front())) != 0 &&
         lower.find_first_not_of("0123456789abcdefox._+-:") == std::string::npos;
}

std::string Quoted(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string quoted = "\"";
  for (const char c : text) {
    const unsigned char byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted.push_back('\\');
      quoted.push_back(c);
    } else if (c == '\n') {
      quoted += "\\n";
    } else if (c == '\t') {
      quoted += "\\t";
    } else if (c == '\r') {
      quoted += "\\r";
    } else if (byte < 0x20 || byte == 0x7f) {
      quoted += "\\x";
      quoted.push_back(kHex[byte >> 4]);
      quoted.push_back(kHex[byte & 15]);
    } else {
      quoted.push_back(c);
    }
  }
  return quoted + "\"";
}

std::string Key(std::string_view key) {
  return IsPlainSafe(key) && !LooksTyped(key) ? std::string(key) : Quoted(key);
}

class Writer {
 public:
  std::string Take() { return std::move(out_); }

  void Map(const Node& map, int indent, bool first_inline) {
    for (const Entry& entry : map.entries) {
      if (!first_inline) Indent(indent);
      first_inline = false;
      out_ += Key(entry.key) + ":";
      Value(entry.value, indent);
    }
  }

 private:
  void Indent(int indent) { out_.append(static_cast<size_t>(indent) * 2, ' '); }

  // What follows `key:`.
  void Value(const Node& node, int indent) {
    if (node.IsMap() && !node.entries.empty()) {
      out_ += "\n";
      Map(node, indent + 1, false);
    } else if (node.IsSequence() && !node.items.empty()) {
      out_ += "\n";
      Sequence(node, indent + 1);
    } else {
      out_ += " " + Flat(node) + "\n";
    }
  }

  void Sequence(const Node& node, int indent) {
    for (const Node& item : node.items) {
      Indent(indent);
      out_ += "- ";
      if (item.IsMap() && !item.entries.empty()) {
        Map(item, indent + 1, true);
      } else {
        out_ += Flat(item) + "\n";
      }
    }
  }

  static std::string Flat(const Node& node) {
    switch (node.kind) {
      case Node::Kind::kNull:
        return "null";
      case Node::Kind::kMap:
        return "{}";
      case Node::Kind::kSequence: {
        std::string list = "[";
        for (const Node& item : node.items) list += (list.size() > 1 ? ", " : "") + Flat(item);
        return list + "]";
      }
      case Node::Kind::kScalar:
        break;
    }
    if (!node.quoted) return node.text;  // a number or a truth value, written by us
    return IsPlainSafe(node.text) && !LooksTyped(node.text) ? node.text : Quoted(node.text);
  }

  std::string out_;
};

}  // namespace

std::string WriteYaml(const Node& root) {
  Writer writer;
  writer.Map(root, 0, false);
  return writer.Take();
}

}  // namespace quayside::compose
