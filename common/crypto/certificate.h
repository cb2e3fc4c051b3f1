// X.509 certificates: issuing, reading, checking. What a certificate says comes from a Profile that
// we fill from values we have checked; of a request nothing but its public key is ever taken.
// Values never change; any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/crypto/key.h"

typedef struct x509_st X509;

namespace quayside::crypto {

struct Profile {
  enum class Use { kAuthority, kServer, kClient };
  Use use = Use::kClient;
  std::string common_name;  // for people; at most 64 bytes
  std::string uri;          // spiffe://FLEET/…: the identity; "" = none
  // A server's names and addresses, "name.example" and "192.0.2.1" or "2001:db8::1".
  std::vector<std::string> dns_names, addresses;
  absl::Time not_before, not_after;
};

class Certificate {
 public:
  // One certificate. kInvalidArgument: it cannot be read, or its key is not on P-256.
  static absl::StatusOr<Certificate> FromPem(std::string_view pem);
  static absl::StatusOr<Certificate> FromNative(X509* certificate);  // counted up

  std::string ToPem() const;
  PublicKey public_key() const;
  // The URI among its names; "" when there is none, or more than one.
  std::string uri() const;
  std::string serial() const;  // upper-case hex
  absl::Time not_before() const;
  absl::Time not_after() const;
  bool authority() const;
  // kUnauthenticated with a sentence unless `authority` signed it and it is valid at `now`.
  absl::Status CheckIssuedBy(const Certificate& authority, absl::Time now) const;
  X509* native() const { return certificate_.get(); }

 private:
  explicit Certificate(std::shared_ptr<X509> certificate) : certificate_(std::move(certificate)) {}
  std::shared_ptr<X509> certificate_;
};

// A certificate for the holder of `subject`, with a serial number of 127 random bits.
// kInvalidArgument: a field of `profile` cannot be in a certificate.
absl::StatusOr<Certificate> Issue(const Profile& profile, const PublicKey& subject,
                                  const Certificate& authority, const PrivateKey& authority_key);
// The same, signed by its own key.
absl::StatusOr<Certificate> IssueToItself(const Profile& profile, const PrivateKey& key);

// PKCS#10: says that its maker has the private key, and nothing else.
std::string MakeRequest(const PrivateKey& key);
// kInvalidArgument: unreadable, not signed by its own key, or not on P-256. At most 16 KiB.
absl::StatusOr<PublicKey> KeyOfRequest(std::string_view pem);

}  // namespace quayside::crypto
