// Operands that name things: APP, APP/SVC, APP/SVC.SLOT, APP/SVC=N. Pure; any thread. The
// controller checks the names themselves.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace quayside::ctl {

struct ServiceOperand {
  std::string app;
  std::string service;  // "" = the whole app
  bool operator==(const ServiceOperand&) const = default;
};
// "shop" or "shop/web"; kInvalidArgument otherwise, with `usage` as the example.
absl::StatusOr<ServiceOperand> ParseService(std::string_view text, std::string_view usage);

struct SlotOperand {
  std::string app, service;
  int32_t slot = 0;
  bool operator==(const SlotOperand&) const = default;
};
// "shop/db.1"
absl::StatusOr<SlotOperand> ParseSlot(std::string_view text);

struct ScaleOperand {
  std::string app, service;
  int32_t replicas = 0;
  bool operator==(const ScaleOperand&) const = default;
};
// "shop/web=4"
absl::StatusOr<ScaleOperand> ParseScale(std::string_view text);

struct ImageOperand {
  std::string service;  // "" = the app's only one
  std::string image;
  bool operator==(const ImageOperand&) const = default;
};
// "web=registry:5000/web:7" or "registry:5000/web:7"
absl::StatusOr<ImageOperand> ParseImage(std::string_view text);

}  // namespace quayside::ctl
