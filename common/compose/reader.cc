#include "common/compose/reader.h"

#include <algorithm>
#include <utility>

#include "common/base/nearest.h"
#include "common/base/status.h"
#include "common/compose/merge.h"
#include "common/compose/scalar.h"

namespace quayside::compose {
namespace {

// Takes a parsed value or says why there is none.
template <typename T>
bool Take(Reader& reader, const Node& node, absl::StatusOr<T> value, T& into) {
  if (!value.ok()) {
    reader.Error(node.mark, Message(value.status()));
    return false;
  }
  into = *std::move(value);
  return true;
}

}  // namespace

Reader::Below::Below(Reader& reader, std::string_view key)
    : reader_(reader), size_(reader.path_.size()) {
  if (!reader.path_.empty()) reader.path_ += ".";
  reader.path_.append(key.substr(0, 100));
}

void Reader::UnknownKey(const Entry& entry, const std::vector<std::string_view>& known) {
  if (entry.key == "x-quayside") {
    Error(entry.key_mark, "stands at the top of the file or in a service only");
    return;
  }
  if (entry.key.starts_with("x-")) return;
  const std::string_view nearest = NearWord(entry.key, known);
  if (!nearest.empty()) {
    Error(entry.key_mark, "no such key; did you mean " + std::string(nearest) + "?");
  } else {
    Error(entry.key_mark, "no such key; docs/compose.md lists the keys, and x-… names are free");
  }
}

bool Reader::ExpectMap(const Node& node) {
  if (node.IsMap()) return true;
  Error(node.mark,
        "a map of key: value is expected here, and this is " + std::string(KindName(node)));
  return false;
}

bool Reader::ExpectSequence(const Node& node) {
  if (node.IsSequence()) return true;
  Error(node.mark, "a list is expected here, and this is " + std::string(KindName(node)));
  return false;
}

bool Reader::Text(const Node& node, std::string& into) {
  if (node.IsScalar()) {
    into = node.text;
    return true;
  }
  Error(node.mark, "a text is expected here, and this is " + std::string(KindName(node)));
  return false;
}

bool Reader::Flag(const Node& node, bool& into) {
  std::string text;
  return Text(node, text) && Take(*this, node, ParseBool(text), into);
}

bool Reader::Integer(const Node& node, int64_t min, int64_t max, int64_t& into) {
  std::string text;
  return Text(node, text) && Take(*this, node, ParseInteger(text, min, max), into);
}

bool Reader::Integer(const Node& node, int64_t min, int64_t max, int32_t& into) {
  int64_t wide = 0;
  if (!Integer(node, std::max<int64_t>(min, INT32_MIN), std::min<int64_t>(max, INT32_MAX), wide)) {
    return false;
  }
  into = static_cast<int32_t>(wide);
  return true;
}

bool Reader::Integer(const Node& node, int64_t min, int64_t max, uint32_t& into) {
  int64_t wide = 0;
  if (!Integer(node, std::max<int64_t>(min, 0), std::min<int64_t>(max, UINT32_MAX), wide)) {
    return false;
  }
  into = static_cast<uint32_t>(wide);
  return true;
}

bool Reader::Real(const Node& node, double min, double max, double& into) {
  std::string text;
  return Text(node, text) && Take(*this, node, ParseReal(text, min, max), into);
}

bool Reader::Duration(const Node& node, absl::Duration& into) {
  std::string text;
  return Text(node, text) && Take(*this, node, ParseDuration(text), into);
}

bool Reader::Bytes(const Node& node, int64_t& into) {
  std::string text;
  return Text(node, text) && Take(*this, node, ParseBytes(text), into);
}

bool Reader::NanoCpus(const Node& node, int64_t& into) {
  std::string text;
  return Text(node, text) && Take(*this, node, ParseNanoCpus(text), into);
}

bool Reader::Texts(const Node& node, std::vector<std::string>& into) {
  std::vector<std::string> texts;
  if (node.IsScalar()) {
    texts.push_back(node.text);
  } else if (!ExpectSequence(node)) {
    return false;
  }
  for (const Node& item : node.items) {
    std::string text;
    if (!Text(item, text)) return false;
    texts.push_back(std::move(text));
  }
  into = std::move(texts);
  return true;
}

bool Reader::TextMap(const Node& node, std::map<std::string, std::string>& into) {
  if (node.IsSequence()) {
    for (const Node& item : node.items) {
      std::string text;
      if (!Text(item, text)) return false;
    }
  }
  const Node map = KeyValueMap(node);
  if (!ExpectMap(map)) return false;
  std::map<std::string, std::string> texts;
  for (const Entry& entry : map.entries) {
    std::string text;
    if (!entry.value.IsNull() && !Text(entry.value, text)) return false;
    texts[entry.key] = std::move(text);
  }
  into = std::move(texts);
  return true;
}

bool Reader::Choice(const Node& node, const std::vector<std::string_view>& choices,
                    std::string& into) {
  std::string text;
  if (!Text(node, text)) return false;
  if (std::find(choices.begin(), choices.end(), text) != choices.end()) {
    into = std::move(text);
    return true;
  }
  std::string list;
  for (const std::string_view choice : choices) {
    list += (list.empty() ? "" : ", ") + std::string(choice);
  }
  Error(node.mark, "\"" + text.substr(0, 60) + "\" is not one of " + list);
  return false;
}

}  // namespace quayside::compose
