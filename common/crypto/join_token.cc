#include "common/crypto/join_token.h"

#include <utility>

#include "common/base/status.h"

namespace quayside::crypto {
namespace {

constexpr std::string_view kPrefix = "qj1-";
constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase32 = "abcdefghijklmnopqrstuvwxyz234567";
constexpr size_t kPinLength = 64, kIdLength = 8, kSecretLength = 26;
constexpr std::string_view kBlanks = " \t\r\n";

// The first `length` characters of `text`, which are taken from it; "" unless all are of
// `alphabet`.
std::string Take(std::string_view& text, size_t length, std::string_view alphabet) {
  const std::string_view part = text.substr(0, length);
  if (part.size() < length || part.find_first_not_of(alphabet) != std::string_view::npos) return "";
  text.remove_prefix(length);
  return std::string(part);
}

bool TakeDash(std::string_view& text) {
  if (text.empty() || text.front() != '-') return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

JoinToken NewJoinToken(std::string pin, Random& random) {
  return {.pin = std::move(pin),
          .id = random.Base32(kIdLength),
          .secret = random.Base32(kSecretLength)};
}

std::string Format(const JoinToken& token) {
  return std::string(kPrefix) + token.pin + "-" + token.id + "-" + token.secret;
}

absl::StatusOr<JoinToken> ParseJoinToken(std::string_view text) {
  const size_t begin = text.find_first_not_of(kBlanks);
  text.remove_prefix(begin == std::string_view::npos ? text.size() : begin);
  text = text.substr(0, text.find_last_not_of(kBlanks) + 1);
  if (text.substr(0, kPrefix.size()) != kPrefix) {
    return InvalidArgument("a join token begins with qj1-; `ctl host token` prints one");
  }
  text.remove_prefix(kPrefix.size());
  JoinToken token;
  token.pin = Take(text, kPinLength, kHexDigits);
  if (!token.pin.empty() && TakeDash(text)) token.id = Take(text, kIdLength, kBase32);
  if (!token.id.empty() && TakeDash(text)) token.secret = Take(text, kSecretLength, kBase32);
  if (token.secret.empty() || !text.empty()) {
    return InvalidArgument(
        "the join token is not whole: it has 104 characters; copy the line that `ctl host token` "
        "prints to its end");
  }
  return token;
}

}  // namespace quayside::crypto
