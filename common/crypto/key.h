// Key pairs on the curve P-256 (ECDSA): the only kind that Quayside makes or accepts. OpenSSL does
// the work. Values are cheap to copy and never change; any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

typedef struct evp_pkey_st EVP_PKEY;

namespace quayside::crypto {

class PublicKey {
 public:
  // `key` is counted up. kInvalidArgument: it is not on P-256.
  static absl::StatusOr<PublicKey> FromNative(EVP_PKEY* key);

  // SHA-256 over the DER of its SubjectPublicKeyInfo, 64 lower-case hex digits: what a pin names.
  std::string Fingerprint() const;
  EVP_PKEY* native() const { return key_.get(); }
  friend bool operator==(const PublicKey& a, const PublicKey& b) {
    return a.Fingerprint() == b.Fingerprint();
  }

 private:
  explicit PublicKey(std::shared_ptr<EVP_PKEY> key) : key_(std::move(key)) {}
  std::shared_ptr<EVP_PKEY> key_;
};

class PrivateKey {
 public:
  static PrivateKey Generate();
  // PKCS#8, not encrypted. kInvalidArgument: not such a text, or not on P-256.
  static absl::StatusOr<PrivateKey> FromPem(std::string_view pem);

  std::string ToPem() const;
  PublicKey public_key() const;
  EVP_PKEY* native() const { return key_.get(); }

 private:
  explicit PrivateKey(std::shared_ptr<EVP_PKEY> key) : key_(std::move(key)) {}
  std::shared_ptr<EVP_PKEY> key_;
};

}  // namespace quayside::crypto
