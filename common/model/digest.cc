#include "common/model/digest.h"

#include <openssl/evp.h>

#include "common/base/check.h"
#include "common/base/hex.h"

namespace quayside {

std::string Sha256Digest(std::string_view bytes) {
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  QS_CHECK(EVP_Digest(bytes.data(), bytes.size(), hash, &size, EVP_sha256(), nullptr) == 1);
  return "sha256:" + Hex(hash, size);
}

}  // namespace quayside
