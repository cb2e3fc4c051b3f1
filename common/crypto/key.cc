#include "common/crypto/key.h"

#include <cstring>

#include <openssl/ec.h>

#include "common/base/check.h"
#include "common/base/hex.h"
#include "common/base/status.h"
#include "common/crypto/openssl.h"

namespace quayside::crypto {
namespace {

constexpr size_t kMaxKeyBytes = 64 << 10;

bool IsP256(const EVP_PKEY* key) {
  char group[32] = {};
  size_t size = 0;
  return EVP_PKEY_is_a(key, "EC") == 1 &&
         EVP_PKEY_get_group_name(key, group, sizeof(group), &size) == 1 &&
         std::strcmp(group, "prime256v1") == 0;
}

}  // namespace

absl::StatusOr<PublicKey> PublicKey::FromNative(EVP_PKEY* key) {
  if (key == nullptr || !IsP256(key)) {
    return InvalidArgument("the key is not an ECDSA key on P-256");
  }
  EVP_PKEY_up_ref(key);
  return PublicKey(std::shared_ptr<EVP_PKEY>(key, EVP_PKEY_free));
}

std::string PublicKey::Fingerprint() const {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key_.get(), &der);
  QS_CHECK(size > 0);
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  const int hashed =
      EVP_Digest(der, static_cast<size_t>(size), hash, &length, EVP_sha256(), nullptr);
  OPENSSL_free(der);
  QS_CHECK(hashed == 1);
  return Hex(hash, length);
}

PrivateKey PrivateKey::Generate() {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  QS_CHECK(key != nullptr);
  return PrivateKey(std::shared_ptr<EVP_PKEY>(key, EVP_PKEY_free));
}

absl::StatusOr<PrivateKey> PrivateKey::FromPem(std::string_view pem) {
  if (pem.size() > kMaxKeyBytes) return InvalidArgument("the text of the key is too long");
  const BioPtr bio = ReadOnly(pem.data(), pem.size());
  // An encrypted key must not make OpenSSL ask on the terminal: an empty passphrase is wrong.
  char no_passphrase[] = "";
  KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, no_passphrase));
  if (key == nullptr) return InvalidArgument("not a private key in PEM: " + TakeError());
  if (!IsP256(key.get())) return InvalidArgument("the key is not an ECDSA key on P-256");
  return PrivateKey(std::shared_ptr<EVP_PKEY>(key.release(), EVP_PKEY_free));
}

std::string PrivateKey::ToPem() const {
  const BioPtr bio(BIO_new(BIO_s_secmem()));
  QS_CHECK(bio != nullptr);
  QS_CHECK(PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr,
                                         nullptr) == 1);
  return TakeText(bio.get());
}

PublicKey PrivateKey::public_key() const {
  absl::StatusOr<PublicKey> key = PublicKey::FromNative(key_.get());
  QS_CHECK(key.ok());
  return *std::move(key);
}

}  // namespace quayside::crypto
