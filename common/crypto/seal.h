// Authenticated encryption of what is stored: AES-256-GCM for contents, AES key wrap (RFC 3394) for
// the keys of contents. OpenSSL does the work. Any thread.
//
// What is sealed is bound to a text that says what it is ("secret FLEET/APP/NAME version 3"): it
// opens under that text alone, so that two of them cannot be exchanged in the database.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace quayside::crypto {

using SecretKey = std::array<unsigned char, 32>;

SecretKey NewSecretKey();
// kInvalidArgument unless `text` is 64 hex digits, with or without a line end.
absl::StatusOr<SecretKey> SecretKeyFromHex(std::string_view text);
std::string ToHex(const SecretKey& key);

// A random nonce, the ciphertext and its tag. One key seals fewer than 2^32 contents.
std::string Seal(const SecretKey& key, std::string_view content, std::string_view bound_to);
// kDataLoss: it was changed, is bound to something else, or was sealed with another key.
absl::StatusOr<std::string> Open(const SecretKey& key, std::string_view sealed,
                                 std::string_view bound_to);

// A key of contents under a key of keys: 40 bytes, the same for the same two keys.
std::string Wrap(const SecretKey& with, const SecretKey& key);
// kDataLoss as for Open.
absl::StatusOr<SecretKey> Unwrap(const SecretKey& with, std::string_view wrapped);

// In a time that does not tell where they differ.
bool EqualSecrets(std::string_view a, std::string_view b);

}  // namespace quayside::crypto
