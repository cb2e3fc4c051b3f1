#include "common/model/image_ref.h"

#include <algorithm>
#include <cctype>

#include "common/base/status.h"

namespace quayside {
namespace {

constexpr char kHub[] = "docker.io";
constexpr std::string_view kHubNamespace = "library/";
constexpr size_t kMaxName = 255;
constexpr size_t kMaxTag = 128;

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWord(char c) { return IsLower(c) || IsDigit(c) || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsHex(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f'); }

// [a-z0-9]+ joined by ".", "_", "__" or any number of "-".
bool IsPathComponent(std::string_view text) {
  size_t i = 0;
  const auto take_word = [&] {
    const size_t start = i;
    while (i < text.size() && (IsLower(text[i]) || IsDigit(text[i]))) ++i;
    return i > start;
  };
  if (!take_word()) return false;
  while (i < text.size()) {
    if (text[i] == '.') {
      ++i;
    } else if (text[i] == '_') {
      ++i;
      if (i < text.size() && text[i] == '_') ++i;
    } else if (text[i] == '-') {
      while (i < text.size() && text[i] == '-') ++i;
    } else {
      return false;
    }
    if (!take_word()) return false;
  }
  return true;
}

bool IsPath(std::string_view path) {
  for (;;) {
    const size_t slash = path.find('/');
    if (!IsPathComponent(path.substr(0, slash))) return false;
    if (slash == path.npos) return true;
    path.remove_prefix(slash + 1);
  }
}

bool IsPort(std::string_view port) {
  return !port.empty() && port.size() <= 5 && std::all_of(port.begin(), port.end(), IsDigit);
}

// A name of dot-joined labels or "[IPv6]", and perhaps a port.
bool IsDomain(std::string_view domain) {
  if (domain.starts_with('[')) {
    const size_t end = domain.find(']');
    if (end == domain.npos || end < 3) return false;
    const std::string_view address = domain.substr(1, end - 1), rest = domain.substr(end + 1);
    return std::all_of(address.begin(), address.end(),
                       [](char c) { return IsHex(c) || (c >= 'A' && c <= 'F') || c == ':'; }) &&
           (rest.empty() || (rest.front() == ':' && IsPort(rest.substr(1))));
  }
  const size_t colon = domain.find(':');
  if (colon != domain.npos && !IsPort(domain.substr(colon + 1))) return false;
  std::string_view name = domain.substr(0, colon);
  for (;;) {
    const size_t dot = name.find('.');
    const std::string_view label = name.substr(0, dot);
    const bool ok = !label.empty() && label.front() != '-' && label.back() != '-' &&
                    std::all_of(label.begin(), label.end(),
                                [](char c) { return c == '-' || (IsWord(c) && c != '_'); });
    if (!ok) return false;
    if (dot == name.npos) return true;
    name.remove_prefix(dot + 1);
  }
}

bool IsTag(std::string_view tag) {
  return !tag.empty() && tag.size() <= kMaxTag && IsWord(tag.front()) &&
         std::all_of(tag.begin(), tag.end(),
                     [](char c) { return IsWord(c) || c == '.' || c == '-'; });
}

// Docker's rule: what stands before the first slash is a registry when it cannot be a namespace of
// Docker Hub.
bool LooksLikeDomain(std::string_view text) {
  return text == "localhost" || text.find_first_of(".:") != text.npos ||
         std::any_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

absl::Status Refuse(std::string_view text, const std::string& why) {
  return InvalidArgument("'" + std::string(text.substr(0, kMaxName)) +
                         "' is no image name: " + why);
}

}  // namespace

bool IsSha256Digest(std::string_view text) {
  constexpr std::string_view kPrefix = "sha256:";
  if (!text.starts_with(kPrefix) || text.size() != kPrefix.size() + 64) return false;
  text.remove_prefix(kPrefix.size());
  return std::all_of(text.begin(), text.end(), IsHex);
}

absl::StatusOr<ImageRef> ParseImageRef(std::string_view text) {
  ImageRef ref;
  std::string_view rest = text;
  if (const size_t at = rest.find('@'); at != rest.npos) {
    ref.digest = std::string(rest.substr(at + 1));
    if (!IsSha256Digest(ref.digest)) {
      return Refuse(text, "after '@' comes sha256: and 64 hexadecimal digits");
    }
    rest = rest.substr(0, at);
  }
  const size_t slash = rest.rfind('/');
  const size_t colon = rest.find(':', slash == rest.npos ? 0 : slash);
  if (colon != rest.npos) {
    ref.tag = std::string(rest.substr(colon + 1));
    if (!IsTag(ref.tag)) {
      return Refuse(text, "a tag is at most 128 letters, digits, '_', '.' and '-'");
    }
    rest = rest.substr(0, colon);
  }
  if (rest.empty()) return Refuse(text, "the repository is missing");
  if (rest.size() > kMaxName) return Refuse(text, "it is longer than 255 characters");
  if (rest.size() == 64 && std::all_of(rest.begin(), rest.end(), IsHex)) {
    return Refuse(text, "it looks like an image id, which only one host would know");
  }
  const size_t first = rest.find('/');
  if (first != rest.npos && LooksLikeDomain(rest.substr(0, first))) {
    ref.domain = std::string(rest.substr(0, first));
    ref.path = std::string(rest.substr(first + 1));
  } else {
    ref.domain = kHub;
    ref.path = std::string(rest);
  }
  if (ref.domain == "index.docker.io") ref.domain = kHub;
  if (!IsDomain(ref.domain)) return Refuse(text, "its registry is no host name");
  if (ref.domain == kHub && ref.path.find('/') == ref.path.npos) {
    ref.path = std::string(kHubNamespace) + ref.path;
  }
  if (!IsPath(ref.path)) {
    return Refuse(text,
                  "a repository is lower-case letters and digits, joined by '.', '_', '-' and '/'");
  }
  return ref;
}

std::string ImageRef::FamiliarRepository() const {
  if (domain != kHub) return domain + "/" + path;
  const bool official =
      path.starts_with(kHubNamespace) && path.find('/', kHubNamespace.size()) == path.npos;
  return official ? path.substr(kHubNamespace.size()) : path;
}

std::string ImageRef::ApiHost() const { return domain == kHub ? "registry-1.docker.io" : domain; }

}  // namespace quayside
