#include "controller/trust/authority.h"

#include <utility>

#include <arpa/inet.h>

#include "common/base/check.h"
#include "common/base/status.h"
#include "common/crypto/identity.h"

namespace quayside::controller {
namespace {

using crypto::Certificate;
using crypto::Identity;
using crypto::PrivateKey;
using crypto::Profile;
using crypto::PublicKey;

constexpr size_t kMaxShownName = 50;  // a common name has 64 bytes

bool IsAddress(const std::string& name) {
  unsigned char bytes[16];
  return inet_pton(AF_INET, name.c_str(), bytes) == 1 ||
         inet_pton(AF_INET6, name.c_str(), bytes) == 1;
}

Profile Lasting(Profile::Use use, const Identity& identity, std::string common_name, absl::Time now,
                absl::Duration life) {
  return {.use = use,
          .common_name = std::move(common_name),
          .uri = ToUri(identity),
          .not_before = now - kClockSkew,
          .not_after = now + life};
}

// REQUIRES: every field of `profile` was checked before.
Certificate IssueChecked(const Profile& profile, const PublicKey& key, const Certificate& authority,
                         const PrivateKey& authority_key) {
  absl::StatusOr<Certificate> issued = Issue(profile, key, authority, authority_key);
  QS_CHECK(issued.ok());
  return *std::move(issued);
}

}  // namespace

Authority Authority::Make(const FleetId& fleet, absl::Time now) {
  PrivateKey key = PrivateKey::Generate();
  absl::StatusOr<Certificate> certificate =
      IssueToItself({.use = Profile::Use::kAuthority,
                     .common_name = "Quayside fleet " + fleet.value,
                     .not_before = now - kClockSkew,
                     .not_after = now + kAuthorityLife},
                    key);
  QS_CHECK(certificate.ok());
  return Authority(fleet, *std::move(certificate), std::move(key));
}

absl::StatusOr<Authority> Authority::Load(const FleetId& fleet, const std::string& certificate_pem,
                                          const std::string& key_pem) {
  absl::StatusOr<Certificate> certificate = Certificate::FromPem(certificate_pem);
  absl::StatusOr<PrivateKey> key = PrivateKey::FromPem(key_pem);
  for (const absl::Status& status : {certificate.status(), key.status()}) {
    if (!status.ok()) return DataLoss("the stored authority cannot be read: " + Message(status));
  }
  if (!certificate->authority() || !(certificate->public_key() == key->public_key())) {
    return DataLoss("the stored authority's certificate and key do not belong together");
  }
  return Authority(fleet, *std::move(certificate), *std::move(key));
}

absl::StatusOr<Certificate> Authority::IssueServer(const std::vector<std::string>& names,
                                                   const PublicKey& key, absl::Time now) const {
  Profile profile =
      Lasting(Profile::Use::kServer,
              {.kind = Identity::Kind::kController, .fleet = fleet_.value, .name = ""},
              "controller", now, kServerLife);
  for (const std::string& name : names) {
    (IsAddress(name) ? profile.addresses : profile.dns_names).push_back(name);
  }
  return Issue(profile, key, certificate_, key_);
}

Certificate Authority::IssueHost(const HostId& id, const std::string& name, const PublicKey& key,
                                 absl::Time now) const {
  const Identity identity = {Identity::Kind::kHost, fleet_.value, id.value};
  return IssueChecked(Lasting(Profile::Use::kClient, identity,
                              "host " + name.substr(0, kMaxShownName), now, kHostLife),
                      key, certificate_, key_);
}

Certificate Authority::IssueUser(const std::string& name, const PublicKey& key,
                                 absl::Time now) const {
  const Identity identity = {Identity::Kind::kUser, fleet_.value, name};
  return IssueChecked(Lasting(Profile::Use::kClient, identity,
                              "user " + name.substr(0, kMaxShownName), now, kUserLife),
                      key, certificate_, key_);
}

}  // namespace quayside::controller
