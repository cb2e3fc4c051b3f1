#include "controller/ingest/registry_rules.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include <arpa/inet.h>

#include "common/base/status.h"
#include "common/model/image_ref.h"
#include "common/model/validate.h"
#include "common/net/http.h"
#include "common/net/json_view.h"

namespace quayside::controller {
namespace {

using net::JsonView;

// Its config is asked for first: nearly every image has it, so nearly every answer is the first.
constexpr std::string_view kCommonPlatform = "linux/amd64";

struct Address {
  std::array<unsigned char, 16> bytes{};
  int bits = 0;  // 32 or 128
};

std::optional<Address> ParseAddress(std::string_view text) {
  Address address;
  const std::string copy(text);
  if (inet_pton(AF_INET, copy.c_str(), address.bytes.data()) == 1) {
    address.bits = 32;
    return address;
  }
  if (inet_pton(AF_INET6, copy.c_str(), address.bytes.data()) == 1) {
    address.bits = 128;
    return address;
  }
  return std::nullopt;
}

struct Cidr {
  Address network;
  int prefix = 0;
};

std::optional<Cidr> ParseCidr(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == text.npos) return std::nullopt;
  const std::optional<Address> network = ParseAddress(text.substr(0, slash));
  const std::string_view digits = text.substr(slash + 1);
  int prefix = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
  if (!network || error != std::errc() || end != digits.data() + digits.size() || prefix < 0 ||
      prefix > network->bits) {
    return std::nullopt;
  }
  return Cidr{*network, prefix};
}

bool Contains(const Cidr& cidr, const Address& address) {
  if (cidr.network.bits != address.bits) return false;
  for (int bit = 0; bit < cidr.prefix; ++bit) {
    const int byte = bit / 8, mask = 0x80 >> (bit % 8);
    if ((cidr.network.bytes[byte] & mask) != (address.bytes[byte] & mask)) return false;
  }
  return true;
}

std::string_view WithoutPort(std::string_view host) {
  if (host.starts_with('[')) {
    const size_t end = host.find(']');
    return end == host.npos ? host : host.substr(1, end - 1);
  }
  return host.substr(0, host.find(':'));
}

// Only arm's variants run on different machines; "arm64/v8" is every arm64.
std::string Platform(const JsonView& platform) {
  const std::string os = platform["os"].String(), arch = platform["architecture"].String();
  const std::string variant = platform["variant"].String();
  if (os.empty() || arch.empty()) return "";
  return os + "/" + arch + (arch == "arm" && !variant.empty() ? "/" + variant : "");
}

}  // namespace

bool IsInsecureRegistry(std::string_view host, const std::vector<std::string>& allowed) {
  const std::string_view name = WithoutPort(host);
  const std::optional<Address> address = ParseAddress(name);
  if (name == "localhost") return true;
  if (address && (Contains(*ParseCidr("127.0.0.0/8"), *address) ||
                  Contains(*ParseCidr("::1/128"), *address))) {
    return true;
  }
  return std::any_of(allowed.begin(), allowed.end(), [&](const std::string& entry) {
    if (const std::optional<Cidr> cidr = ParseCidr(entry))
      return address && Contains(*cidr, *address);
    return entry == host || entry == name;
  });
}

absl::Status CheckInsecureEntry(const std::string& entry) {
  if (ParseCidr(entry)) return absl::OkStatus();
  // A host is what may stand before the slash of an image name.
  if (const auto ref = ParseImageRef(entry + "/x");
      ref.ok() && (ref->domain == entry || ref->path == entry + "/x")) {
    return absl::OkStatus();
  }
  return InvalidArgument("'" + entry + "' is neither HOST[:PORT] nor a CIDR such as 10.0.0.0/8");
}

std::optional<TokenChallenge> ParseChallenge(std::string_view header) {
  constexpr std::string_view kScheme = "bearer ";
  if (header.size() < kScheme.size() ||
      !std::equal(kScheme.begin(), kScheme.end(), header.begin(),
                  [](char a, char b) { return a == (b | 0x20); })) {
    return std::nullopt;
  }
  header.remove_prefix(kScheme.size());
  TokenChallenge challenge;
  while (!header.empty()) {
    const size_t equals = header.find('=');
    if (equals == header.npos) break;
    std::string_view key = header.substr(0, equals);
    while (!key.empty() && (key.front() == ' ' || key.front() == ',')) key.remove_prefix(1);
    header.remove_prefix(equals + 1);
    std::string value;
    if (header.starts_with('"')) {
      const size_t end = header.find('"', 1);
      value = std::string(header.substr(1, end == header.npos ? end : end - 1));
      header.remove_prefix(end == header.npos ? header.size() : end + 1);
    } else {
      value = std::string(header.substr(0, header.find(',')));
      header.remove_prefix(std::min(header.size(), value.size()));
    }
    if (key == "realm") challenge.realm = value;
    if (key == "service") challenge.service = value;
    if (key == "scope") challenge.scope = value;
  }
  if (challenge.realm.empty()) return std::nullopt;
  return challenge;
}

std::string TokenUrl(const TokenChallenge& challenge, const std::string& fallback_scope) {
  std::string url = challenge.realm;
  url += url.find('?') == url.npos ? '?' : '&';
  if (!challenge.service.empty()) url += "service=" + net::UrlEscape(challenge.service) + "&";
  return url +
         "scope=" + net::UrlEscape(challenge.scope.empty() ? fallback_scope : challenge.scope);
}

absl::StatusOr<std::string> ParseToken(std::string_view json) {
  QS_ASSIGN_OR_RETURN(const JsonView view, JsonView::Parse(json));
  std::string token = view["token"].String();
  if (token.empty()) token = view["access_token"].String();
  const bool printable =
      std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < 127; });
  if (token.empty() || !printable) return Unavailable("the answer holds no token");
  return token;
}

absl::StatusOr<Manifest> ParseManifest(std::string_view json) {
  QS_ASSIGN_OR_RETURN(const JsonView view, JsonView::Parse(json));
  Manifest manifest;
  if (view["manifests"].is_array()) {
    manifest.is_index = true;
    std::map<std::string, std::string> digests;  // by platform
    for (const JsonView& entry : view["manifests"].Items()) {
      // BuildKit's provenance travels as a manifest for "unknown/unknown".
      if (!entry["annotations"]["vnd.docker.reference.type"].String().empty()) continue;
      const std::string platform = Platform(entry["platform"]);
      if (platform.empty() || platform == "unknown/unknown") continue;
      digests.emplace(platform, entry["digest"].String());
    }
    for (const auto& [platform, digest] : digests) {
      manifest.platforms.push_back(platform);
      if (!IsSha256Digest(digest)) continue;
      const bool first = platform == kCommonPlatform;
      auto& list = manifest.manifest_digests;
      list.insert(first ? list.begin() : list.end(), digest);
    }
    return manifest;
  }
  manifest.config_digest = view["config"]["digest"].String();
  if (!IsSha256Digest(manifest.config_digest)) {
    return InvalidArgument("it is neither an image nor an index of images that Docker can run");
  }
  return manifest;
}

absl::StatusOr<ImageConfig> ParseImageConfig(std::string_view json) {
  QS_ASSIGN_OR_RETURN(const JsonView view, JsonView::Parse(json));
  ImageConfig config;
  config.platform = Platform(view);
  if (config.platform.empty()) return InvalidArgument("its config names no platform");
  for (const auto& [path, nothing] : view["config"]["Volumes"].Members()) {
    if (!path.starts_with('/') || path.size() > kMaxTextBytes) {
      return InvalidArgument("its config has a VOLUME that is no absolute path of at most " +
                             std::to_string(kMaxTextBytes) + " bytes");
    }
    config.volumes.push_back(path);
  }
  if (config.volumes.size() > kMaxListItems) {
    return InvalidArgument("its config has " + std::to_string(config.volumes.size()) +
                           " VOLUMEs and at most " + std::to_string(kMaxListItems) +
                           " are possible");
  }
  return config;
}

std::string HostOf(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == url.npos) return "";
  url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find_first_of("/?#"));
  if (const size_t at = url.rfind('@'); at != url.npos) url.remove_prefix(at + 1);
  return std::string(url);
}

}  // namespace quayside::controller
