#include "common/crypto/seal.h"

#include <algorithm>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "common/base/check.h"
#include "common/base/hex.h"
#include "common/base/status.h"
#include "common/crypto/openssl.h"

namespace quayside::crypto {
namespace {

constexpr size_t kNonceBytes = 12;
constexpr size_t kTagBytes = 16;
constexpr size_t kWrappedBytes = 40;

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

// One pass of AES-256-GCM; `tag` is written or, when opening, checked. False: it does not fit.
bool Pass(bool sealing, const SecretKey& key, std::string_view nonce, std::string_view bound_to,
          std::string_view in, std::string& out, std::string& tag) {
  const CipherPtr cipher(EVP_CIPHER_CTX_new());
  QS_CHECK(cipher != nullptr);
  const int way = sealing ? 1 : 0;
  int size = 0;
  out.resize(in.size());
  QS_CHECK(EVP_CipherInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key.data(), Bytes(nonce),
                             way) == 1);
  QS_CHECK(EVP_CipherUpdate(cipher.get(), nullptr, &size, Bytes(bound_to),
                            static_cast<int>(bound_to.size())) == 1);
  if (!in.empty()) {
    QS_CHECK(EVP_CipherUpdate(cipher.get(), Bytes(out), &size, Bytes(in),
                              static_cast<int>(in.size())) == 1);
  }
  if (!sealing) {
    QS_CHECK(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_SET_TAG, kTagBytes, tag.data()) == 1);
  }
  unsigned char rest[EVP_MAX_BLOCK_LENGTH];
  if (EVP_CipherFinal_ex(cipher.get(), rest, &size) != 1) {
    ERR_clear_error();
    return false;
  }
  if (sealing) {
    QS_CHECK(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, kTagBytes, tag.data()) == 1);
  }
  return true;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

SecretKey NewSecretKey() {
  SecretKey key;
  QS_CHECK(RAND_priv_bytes(key.data(), static_cast<int>(key.size())) == 1);
  return key;
}

absl::StatusOr<SecretKey> SecretKeyFromHex(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  SecretKey key;
  if (text.size() != key.size() * 2) return InvalidArgument("a key has 64 hex digits");
  for (size_t i = 0; i < key.size(); ++i) {
    const int high = HexDigit(text[2 * i]), low = HexDigit(text[2 * i + 1]);
    if (high < 0 || low < 0) return InvalidArgument("a key has 64 hex digits");
    key[i] = static_cast<unsigned char>(high * 16 + low);
  }
  return key;
}

std::string ToHex(const SecretKey& key) { return Hex(key.data(), key.size()); }

std::string Seal(const SecretKey& key, std::string_view content, std::string_view bound_to) {
  std::string nonce(kNonceBytes, '\0'), sealed, tag(kTagBytes, '\0');
  QS_CHECK(RAND_bytes(Bytes(nonce), kNonceBytes) == 1);
  QS_CHECK(Pass(/*sealing=*/true, key, nonce, bound_to, content, sealed, tag));
  return nonce + sealed + tag;
}

absl::StatusOr<std::string> Open(const SecretKey& key, std::string_view sealed,
                                 std::string_view bound_to) {
  const absl::Status refused = DataLoss(
      "what is sealed here cannot be opened: it was changed, or sealed with another key or for "
      "something else");
  if (sealed.size() < kNonceBytes + kTagBytes) return refused;
  const std::string_view nonce = sealed.substr(0, kNonceBytes);
  std::string tag(sealed.substr(sealed.size() - kTagBytes)), content;
  sealed.remove_prefix(kNonceBytes);
  sealed.remove_suffix(kTagBytes);
  if (Pass(/*sealing=*/false, key, nonce, bound_to, sealed, content, tag)) return content;
  OPENSSL_cleanse(content.data(), content.size());
  return refused;
}

std::string Wrap(const SecretKey& with, const SecretKey& key) {
  const CipherPtr cipher(EVP_CIPHER_CTX_new());
  QS_CHECK(cipher != nullptr);
  EVP_CIPHER_CTX_set_flags(cipher.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
  std::string wrapped(kWrappedBytes, '\0');
  int size = 0;
  QS_CHECK(EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_wrap(), nullptr, with.data(), nullptr) ==
           1);
  QS_CHECK(EVP_EncryptUpdate(cipher.get(), Bytes(wrapped), &size, key.data(),
                             static_cast<int>(key.size())) == 1);
  QS_CHECK(size == static_cast<int>(kWrappedBytes));
  return wrapped;
}

absl::StatusOr<SecretKey> Unwrap(const SecretKey& with, std::string_view wrapped) {
  const CipherPtr cipher(EVP_CIPHER_CTX_new());
  QS_CHECK(cipher != nullptr);
  EVP_CIPHER_CTX_set_flags(cipher.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
  std::array<unsigned char, kWrappedBytes> plain;
  int size = 0;
  QS_CHECK(EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_wrap(), nullptr, with.data(), nullptr) ==
           1);
  SecretKey key;
  if (wrapped.size() != kWrappedBytes ||
      EVP_DecryptUpdate(cipher.get(), plain.data(), &size, Bytes(wrapped), kWrappedBytes) != 1 ||
      size != static_cast<int>(key.size())) {
    ERR_clear_error();
    return DataLoss("a sealed key cannot be opened: it was changed, or sealed with another key");
  }
  std::copy(plain.begin(), plain.begin() + key.size(), key.begin());
  OPENSSL_cleanse(plain.data(), plain.size());
  return key;
}

bool EqualSecrets(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace quayside::crypto
