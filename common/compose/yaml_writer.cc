#include "common/compose/yaml_writer.h"

#include <array>
#include <cctype>
#include <string_view>

namespace quayside::compose {
namespace {

bool IsPlainSafe(std::string_view text) {
  if (text.empty() || text.front() == '-' || text.front() == '.') return false;
  for (const char c : text) {
    const bool safe = std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' ||
                      c == '.' || c == '/' || c == '+';
    if (!safe) return false;
  }
  return true;
}

// Text that some YAML reader takes for a number, a truth value or nothing.
bool LooksTyped(std::string_view text) {
  if (text.empty() || std::isdigit(static_cast<unsigned char>(text.front())) ||
      text.front() == '+') {
    return true;
  }
  std::string lower;
  for (const char c : text)
    lower.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
  constexpr std::array<std::string_view, 9> kWords = {"true", "false", "yes", "no",  "on",
                                                      "off",  "y",     "n",   "null"};
  for (const std::string_view word : kWords) {
    if (lower == word) return true;
  }
  return false;
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
    const bool plain = IsPlainSafe(node.text) && (!node.quoted || !LooksTyped(node.text));
    return plain ? node.text : Quoted(node.text);
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
