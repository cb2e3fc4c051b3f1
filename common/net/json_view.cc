#include "common/net/json_view.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <nlohmann/json.hpp>

#include "common/base/status.h"

namespace quayside::net {
namespace {

using nlohmann::json;

const json& Node(const void* node) { return *static_cast<const json*>(node); }

// True when brackets outside strings nest deeper than `limit`; asked before the parser builds
// anything.
bool TooDeep(std::string_view text, int limit) {
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > limit) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

}  // namespace

absl::StatusOr<JsonView> JsonView::Parse(std::string_view text) {
  if (TooDeep(text, kMaxDepth)) return InvalidArgument("the JSON is nested too deeply");
  auto document =
      std::make_shared<const json>(json::parse(text, nullptr, /*allow_exceptions=*/false));
  if (document->is_discarded()) return InvalidArgument("the text is not JSON");
  const void* root = document.get();
  return JsonView(std::move(document), root);
}

bool JsonView::is_null() const { return node_ == nullptr || Node(node_).is_null(); }
bool JsonView::is_object() const { return node_ != nullptr && Node(node_).is_object(); }
bool JsonView::is_array() const { return node_ != nullptr && Node(node_).is_array(); }

JsonView JsonView::operator[](std::string_view key) const {
  if (!is_object()) return JsonView(document_, nullptr);
  const auto found = Node(node_).find(std::string(key));
  return JsonView(document_, found == Node(node_).end() ? nullptr : &*found);
}

std::string JsonView::String() const {
  if (node_ == nullptr || !Node(node_).is_string()) return "";
  return Node(node_).get_ref<const std::string&>();
}

int64_t JsonView::Int() const {
  if (node_ == nullptr) return 0;
  const json& node = Node(node_);
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  if (node.is_number_unsigned()) {
    return static_cast<int64_t>(std::min<uint64_t>(node.get<uint64_t>(), kMax));
  }
  if (node.is_number_integer()) return node.get<int64_t>();
  if (!node.is_number_float()) return 0;
  const double value = node.get<double>();
  if (std::isnan(value)) return 0;
  if (value >= 9.2e18) return kMax;
  if (value <= -9.2e18) return std::numeric_limits<int64_t>::min();
  return static_cast<int64_t>(value);
}

bool JsonView::Bool() const {
  return node_ != nullptr && Node(node_).is_boolean() && Node(node_).get<bool>();
}

std::vector<JsonView> JsonView::Items() const {
  std::vector<JsonView> items;
  if (!is_array()) return items;
  for (const json& item : Node(node_)) items.push_back(JsonView(document_, &item));
  return items;
}

std::map<std::string, JsonView> JsonView::Members() const {
  std::map<std::string, JsonView> members;
  if (!is_object()) return members;
  for (const auto& [key, value] : Node(node_).items()) {
    members.emplace(key, JsonView(document_, &value));
  }
  return members;
}

std::map<std::string, std::string> JsonView::StringMap() const {
  std::map<std::string, std::string> strings;
  if (!is_object()) return strings;
  for (const auto& [key, value] : Node(node_).items()) {
    if (value.is_string()) strings.emplace(key, value.get_ref<const std::string&>());
  }
  return strings;
}

std::vector<std::string> JsonView::Strings() const {
  std::vector<std::string> strings;
  if (!is_array()) return strings;
  for (const json& item : Node(node_)) {
    if (item.is_string()) strings.push_back(item.get_ref<const std::string&>());
  }
  return strings;
}

}  // namespace quayside::net
