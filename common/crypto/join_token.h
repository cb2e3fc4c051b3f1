// The text that lets one host join: `qj1-PIN-ID-SECRET`. The pin is the fingerprint of the
// authority's key, so that the secret is said to that controller alone; the id finds the stored
// token, which keeps nothing but a digest of the secret.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/base/random.h"

namespace quayside::crypto {

struct JoinToken {
  std::string pin;     // PublicKey::Fingerprint of the authority: 64 hex digits
  std::string id;      // 8 characters of base32
  std::string secret;  // 26 characters of base32: 130 bits
  bool operator==(const JoinToken&) const = default;
};

JoinToken NewJoinToken(std::string pin, Random& random);
std::string Format(const JoinToken& token);
// Blanks and line ends around it are none of it. kInvalidArgument: a sentence that repeats nothing
// of the text, which may be a secret with a slip of the pen.
absl::StatusOr<JoinToken> ParseJoinToken(std::string_view text);

}  // namespace quayside::crypto
