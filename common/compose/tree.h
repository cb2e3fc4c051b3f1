// A YAML document as values of our own, each with its place in the file. yaml-cpp's nodes accept
// duplicate keys, leave merge keys alone and share anchors; a Tree has unique keys, merged maps and
// copies. Scalars stay text: what a key means decides whether "0640" is a number.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/compose/problems.h"

namespace quayside::compose {

struct Entry;

struct Node {
  enum class Kind { kNull, kScalar, kSequence, kMap };

  Kind kind = Kind::kNull;
  bool quoted = false;      // a scalar in quotes, a block scalar or a !!str: text in every reading
  std::string tag;          // "" | "!reset" | "!override"
  std::string text;         // kScalar
  std::vector<Node> items;  // kSequence
  std::vector<Entry> entries;  // kMap, in the file's order, keys unique
  Mark mark;

  bool IsNull() const { return kind == Kind::kNull; }
  bool IsScalar() const { return kind == Kind::kScalar; }
  bool IsSequence() const { return kind == Kind::kSequence; }
  bool IsMap() const { return kind == Kind::kMap; }
};

struct Entry {
  std::string key;
  Mark key_mark;
  Node value;
};

Node MakeScalar(std::string text, bool quoted, const Mark& mark = {});
Node MakeSequence(const Mark& mark = {});
Node MakeMap(const Mark& mark = {});

// The value of `key`, or nullptr; also nullptr when `map` is not a map.
const Node* Find(const Node& map, std::string_view key);
Node* Find(Node& map, std::string_view key);
const Entry* FindEntry(const Node& map, std::string_view key);

// Sets or replaces `key`; returns the value's place in the map. REQUIRES: map.IsMap().
Node& Put(Node& map, std::string_view key, Node value);
void Remove(Node& map, std::string_view key);

// The same content, whatever the places, the order of keys and the quotes.
bool SameContent(const Node& a, const Node& b);

// Nodes in this tree, itself included.
size_t CountNodes(const Node& node);

// "a map", "a list", "a text", "nothing": for messages.
std::string_view KindName(const Node& node);

}  // namespace quayside::compose
