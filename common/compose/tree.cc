#include "common/compose/tree.h"

#include <algorithm>
#include <utility>

#include "common/base/check.h"

namespace quayside::compose {

Node MakeScalar(std::string text, bool quoted, const Mark& mark) {
  Node node;
  node.kind = Node::Kind::kScalar;
  node.text = std::move(text);
  node.quoted = quoted;
  node.mark = mark;
  return node;
}

Node MakeSequence(const Mark& mark) {
  Node node;
  node.kind = Node::Kind::kSequence;
  node.mark = mark;
  return node;
}

Node MakeMap(const Mark& mark) {
  Node node;
  node.kind = Node::Kind::kMap;
  node.mark = mark;
  return node;
}

const Entry* FindEntry(const Node& map, std::string_view key) {
  for (const Entry& entry : map.entries) {
    if (entry.key == key) return &entry;
  }
  return nullptr;
}

const Node* Find(const Node& map, std::string_view key) {
  const Entry* entry = FindEntry(map, key);
  return entry == nullptr ? nullptr : &entry->value;
}

Node* Find(Node& map, std::string_view key) {
  for (Entry& entry : map.entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

Node& Put(Node& map, std::string_view key, Node value) {
  QS_CHECK(map.IsMap());
  if (Node* existing = Find(map, key)) {
    *existing = std::move(value);
    return *existing;
  }
  const Mark mark = value.mark;
  map.entries.push_back({std::string(key), mark, std::move(value)});
  return map.entries.back().value;
}

void Remove(Node& map, std::string_view key) {
  std::erase_if(map.entries, [&](const Entry& entry) { return entry.key == key; });
}

bool SameContent(const Node& a, const Node& b) {
  if (a.kind != b.kind || a.text != b.text || a.items.size() != b.items.size() ||
      a.entries.size() != b.entries.size()) {
    return false;
  }
  for (size_t i = 0; i < a.items.size(); ++i) {
    if (!SameContent(a.items[i], b.items[i])) return false;
  }
  return std::all_of(a.entries.begin(), a.entries.end(), [&](const Entry& entry) {
    const Node* other = Find(b, entry.key);
    return other != nullptr && SameContent(entry.value, *other);
  });
}

size_t CountNodes(const Node& node) {
  size_t count = 1;
  for (const Node& item : node.items) count += CountNodes(item);
  for (const Entry& entry : node.entries) count += CountNodes(entry.value);
  return count;
}

std::string_view KindName(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNull:
      return "nothing";
    case Node::Kind::kScalar:
      return "a text";
    case Node::Kind::kSequence:
      return "a list";
    case Node::Kind::kMap:
      return "a map";
  }
  return "";
}

}  // namespace quayside::compose
