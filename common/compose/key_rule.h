// One table per map of a compose file says of each key: honoured and how, accepted without effect
// and why, or refused and what to do instead. The same row reads the key into the spec, so nothing
// can be listed and forgotten, and docs/compose.md is checked against the tables. One thread.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/compose/reader.h"
#include "common/compose/tree.h"

namespace quayside::compose {

enum class KeyStatus { kHonoured, kAccepted, kRefused };

// "honoured" | "accepted" | "refused".
std::string_view StatusName(KeyStatus status);

template <typename T>
struct KeyRule {
  std::string_view name;
  KeyStatus status;
  // kHonoured: how. kAccepted: why it changes nothing here. kRefused: what to do instead.
  std::string_view text;
  void (*read)(Reader&, const Node&, T&);
};

template <typename T>
constexpr KeyRule<T> Honoured(std::string_view name, std::string_view how,
                              void (*read)(Reader&, const Node&, T&)) {
  return {name, KeyStatus::kHonoured, how, read};
}
template <typename T>
constexpr KeyRule<T> Accepted(std::string_view name, std::string_view why) {
  return {name, KeyStatus::kAccepted, why, nullptr};
}
template <typename T>
constexpr KeyRule<T> Refused(std::string_view name, std::string_view hint) {
  return {name, KeyStatus::kRefused, hint, nullptr};
}

// A row for the documents.
struct KeyDoc {
  std::string path;  // "services.*.deploy.mode"
  KeyStatus status;
  std::string_view text;
};

template <typename T>
void AppendDocs(std::string_view path, std::span<const KeyRule<T>> rules,
                std::vector<KeyDoc>& docs) {
  for (const KeyRule<T>& rule : rules) {
    docs.push_back({std::string(path) + std::string(rule.name), rule.status, rule.text});
  }
}

// Reads the keys of `map` by their rules. `x-…` keys are anybody's, but x-quayside only where a
// rule names it. A null value reads as absent, as in Compose.
template <typename T>
void ReadKeys(Reader& reader, const Node& map, std::span<const KeyRule<T>> rules, T& into) {
  if (!reader.ExpectMap(map)) return;
  std::vector<std::string_view> names;
  for (const KeyRule<T>& rule : rules) names.push_back(rule.name);
  for (const Entry& entry : map.entries) {
    const Reader::Below below(reader, entry.key);
    const KeyRule<T>* rule = nullptr;
    for (const KeyRule<T>& each : rules) {
      if (each.name == entry.key) rule = &each;
    }
    if (rule == nullptr) {
      reader.UnknownKey(entry, names);
    } else if (rule->status == KeyStatus::kRefused) {
      reader.Unsupported(entry.key_mark, "not supported; " + std::string(rule->text));
    } else if (rule->read != nullptr && !entry.value.IsNull()) {
      rule->read(reader, entry.value, into);
    }
  }
}

}  // namespace quayside::compose
