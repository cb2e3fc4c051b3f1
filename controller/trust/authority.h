// The fleet's own certificate authority: a key on P-256 and a certificate that signs itself. It
// says how long each certificate lives and what it says; who may have one is decided elsewhere.
// Values never change; any thread.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/crypto/certificate.h"
#include "common/model/ids.h"

namespace quayside::controller {

// Clocks differ: a certificate begins an hour before it was made.
inline constexpr absl::Duration kClockSkew = absl::Hours(1);
inline constexpr absl::Duration kAuthorityLife = absl::Hours(24 * 3650);
inline constexpr absl::Duration kServerLife = absl::Hours(24 * 90);
inline constexpr absl::Duration kHostLife = absl::Hours(24 * 30);
inline constexpr absl::Duration kUserLife = absl::Hours(12);

class Authority {
 public:
  static Authority Make(const FleetId& fleet, absl::Time now);
  // kDataLoss: the two texts are not a certificate authority and its key.
  static absl::StatusOr<Authority> Load(const FleetId& fleet, const std::string& certificate_pem,
                                        const std::string& key_pem);

  const crypto::Certificate& certificate() const { return certificate_; }
  const crypto::PrivateKey& key() const { return key_; }
  // What a join token pins.
  std::string pin() const { return certificate_.public_key().Fingerprint(); }

  // `names`: names and addresses by which the controller is reached. kInvalidArgument: one of them
  // is neither.
  absl::StatusOr<crypto::Certificate> IssueServer(const std::vector<std::string>& names,
                                                  const crypto::PublicKey& key,
                                                  absl::Time now) const;
  // `name` is for people; the identity is the id.
  crypto::Certificate IssueHost(const HostId& id, const std::string& name,
                                const crypto::PublicKey& key, absl::Time now) const;
  crypto::Certificate IssueUser(const std::string& name, const crypto::PublicKey& key,
                                absl::Time now) const;

 private:
  Authority(FleetId fleet, crypto::Certificate certificate, crypto::PrivateKey key)
      : fleet_(std::move(fleet)), certificate_(std::move(certificate)), key_(std::move(key)) {}

  FleetId fleet_;
  crypto::Certificate certificate_;
  crypto::PrivateKey key_;
};

}  // namespace quayside::controller
