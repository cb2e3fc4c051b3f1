#include "common/crypto/identity.h"

#include <utility>

#include "common/base/id.h"
#include "common/base/status.h"

namespace quayside::crypto {
namespace {

constexpr std::string_view kScheme = "spiffe://";
constexpr std::string_view kController = "controller";
constexpr std::string_view kHost = "host/";
constexpr std::string_view kUser = "user/";

}  // namespace

std::string ToUri(const Identity& identity) {
  const std::string fleet = std::string(kScheme) + identity.fleet + "/";
  switch (identity.kind) {
    case Identity::Kind::kHost:
      return fleet + std::string(kHost) + identity.name;
    case Identity::Kind::kUser:
      return fleet + std::string(kUser) + identity.name;
    case Identity::Kind::kController:
      return fleet + std::string(kController);
  }
  return "";
}

absl::StatusOr<Identity> ParseIdentity(std::string_view uri) {
  const absl::Status refused = Unauthenticated("the certificate names nobody of a Quayside fleet");
  if (uri.substr(0, kScheme.size()) != kScheme) return refused;
  uri.remove_prefix(kScheme.size());
  const size_t slash = uri.find('/');
  if (slash == std::string_view::npos) return refused;
  Identity identity;
  identity.fleet = std::string(uri.substr(0, slash));
  uri.remove_prefix(slash + 1);
  if (!IsOwnId(identity.fleet)) return refused;
  if (uri == kController) {
    identity.kind = Identity::Kind::kController;
    return identity;
  }
  for (const auto& [kind, prefix] :
       {std::pair(Identity::Kind::kHost, kHost), std::pair(Identity::Kind::kUser, kUser)}) {
    if (uri.substr(0, prefix.size()) != prefix) continue;
    identity.kind = kind;
    identity.name = std::string(uri.substr(prefix.size()));
    if (IsOwnId(identity.name)) return identity;
  }
  return refused;
}

}  // namespace quayside::crypto
