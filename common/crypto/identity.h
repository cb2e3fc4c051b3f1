// Who a certificate speaks for: the URI among its names.
//   spiffe://FLEET/host/ID   spiffe://FLEET/user/NAME   spiffe://FLEET/controller
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace quayside::crypto {

struct Identity {
  enum class Kind { kHost, kUser, kController };
  Kind kind = Kind::kHost;
  std::string fleet;
  std::string name;  // a host's id or a user's name (IsOwnId); "" for the controller
  bool operator==(const Identity&) const = default;
};

std::string ToUri(const Identity& identity);
// Exact: no other path, no parameters, no upper case. kUnauthenticated when it is none of the
// three.
absl::StatusOr<Identity> ParseIdentity(std::string_view uri);

}  // namespace quayside::crypto
