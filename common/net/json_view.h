// JsonView reads JSON that others wrote (engine, registry): parse once, then ask for members. A
// member that is missing or of another type reads as empty, zero or false, so hostile or newer
// answers cannot throw. A view keeps its document alive. Any thread; immutable. Documents nested
// deeper than kMaxDepth are refused.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace quayside::net {

class JsonView {
 public:
  static constexpr int kMaxDepth = 64;

  // kInvalidArgument when `text` is not one JSON document, or is nested too deeply.
  static absl::StatusOr<JsonView> Parse(std::string_view text);

  bool is_null() const;  // also: there is no such member
  bool is_object() const;
  bool is_array() const;

  // The member `key` of an object.
  JsonView operator[](std::string_view key) const;
  std::string String() const;  // "" when it is no string
  int64_t Int() const;  // 0 when it is no number; fractions are cut, what is too large is clamped
  bool Bool() const;
  std::vector<JsonView> Items() const;                   // of an array
  std::map<std::string, JsonView> Members() const;       // of an object
  std::map<std::string, std::string> StringMap() const;  // members that are strings
  std::vector<std::string> Strings() const;              // items that are strings

 private:
  JsonView(std::shared_ptr<const void> document, const void* node)
      : document_(std::move(document)), node_(node) {}

  std::shared_ptr<const void> document_;
  const void* node_ = nullptr;  // nlohmann::json in document_, or null
};

}  // namespace quayside::net
