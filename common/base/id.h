// Distinct id types, so that an AppName cannot be passed where a HostId is meant. Values are opaque
// text.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <utility>

namespace quayside {

template <typename Tag>
struct Id {
  Id() = default;
  explicit Id(std::string v) : value(std::move(v)) {}
  explicit Id(std::string_view v) : value(v) {}
  explicit Id(const char* v) : value(v) {}

  bool empty() const { return value.empty(); }
  friend auto operator<=>(const Id&, const Id&) = default;

  std::string value;
};

// True when `text` is [a-z0-9][a-z0-9-]{0,62}: the alphabet of our own ids (R32). Such text is safe
// as a file name, a label value and a DNS label.
bool IsOwnId(std::string_view text);

}  // namespace quayside
