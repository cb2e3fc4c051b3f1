// HOST:PORT as people write it, and which addresses are safe to listen on without certificates.
// Pure; no name is resolved.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace quayside::net {

struct HostPort {
  std::string host;  // a name, an IPv4 address, or an IPv6 address without its brackets
  uint16_t port = 0;
  bool operator==(const HostPort&) const = default;
};

// "example.org:7443", "10.0.0.1:7443", "[::1]:7443". kInvalidArgument names what is wrong.
absl::StatusOr<HostPort> ParseHostPort(std::string_view text);
std::string ToString(const HostPort& address);

// 127.0.0.0/8, ::1 and "localhost".
bool IsLoopback(std::string_view host);
// Addresses that the internet does not route: 10/8, 172.16/12, 192.168/16, 169.254/16, 100.64/10,
// fc00::/7, fe80::/10, and loopback ones. False for names.
bool IsPrivateAddress(std::string_view host);

}  // namespace quayside::net
