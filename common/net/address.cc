#include "common/net/address.h"

#include <charconv>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "common/base/status.h"

namespace quayside::net {
namespace {

bool ParseIpv4(std::string_view host, uint32_t* address) {
  in_addr parsed{};
  if (inet_pton(AF_INET, std::string(host).c_str(), &parsed) != 1) return false;
  *address = ntohl(parsed.s_addr);
  return true;
}

bool ParseIpv6(std::string_view host, in6_addr* address) {
  return inet_pton(AF_INET6, std::string(host).c_str(), address) == 1;
}

bool InRange(uint32_t address, uint32_t network, int bits) {
  return (address >> (32 - bits)) == (network >> (32 - bits));
}

// Names and addresses: letters, digits, dots, hyphens, underscores.
bool IsHostText(std::string_view host) {
  if (host.empty() || host.size() > 253) return false;
  for (const char c : host) {
    const bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '.' || c == '-' || c == '_';
    if (!ok) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<HostPort> ParseHostPort(std::string_view text) {
  const auto wrong = [&] {
    return InvalidArgument("`" + std::string(text) +
                           "` is not HOST:PORT, like 10.0.0.5:7443 or [::1]:7443");
  };
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong();
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  HostPort address;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), address.port);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) {
    return wrong();
  }
  in6_addr ipv6{};
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    if (!ParseIpv6(host, &ipv6)) return wrong();
  } else if (!IsHostText(host)) {
    return wrong();
  }
  address.host = std::string(host);
  return address;
}

std::string ToString(const HostPort& address) {
  const bool ipv6 = address.host.find(':') != std::string::npos;
  return (ipv6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

bool IsLoopback(std::string_view host) {
  if (host == "localhost") return true;
  uint32_t ipv4 = 0;
  if (ParseIpv4(host, &ipv4)) return InRange(ipv4, 0x7F000000, 8);
  in6_addr ipv6{};
  return ParseIpv6(host, &ipv6) && IN6_IS_ADDR_LOOPBACK(&ipv6);
}

bool IsPrivateAddress(std::string_view host) {
  uint32_t ipv4 = 0;
  if (ParseIpv4(host, &ipv4)) {
    return InRange(ipv4, 0x7F000000, 8) || InRange(ipv4, 0x0A000000, 8) ||
           InRange(ipv4, 0xAC100000, 12) || InRange(ipv4, 0xC0A80000, 16) ||
           InRange(ipv4, 0xA9FE0000, 16) || InRange(ipv4, 0x64400000, 10);
  }
  in6_addr ipv6{};
  if (!ParseIpv6(host, &ipv6)) return false;
  return IN6_IS_ADDR_LOOPBACK(&ipv6) || (ipv6.s6_addr[0] & 0xFE) == 0xFC ||
         (ipv6.s6_addr[0] == 0xFE && (ipv6.s6_addr[1] & 0xC0) == 0x80);
}

}  // namespace quayside::net
