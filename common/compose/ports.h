// Published ports, from Compose's short and long forms. Pure; any thread. Limits: a range expands
// to at most kMaxPortRange ports.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/compose/key_rule.h"
#include "common/model/spec.h"

namespace quayside::compose {

constexpr uint32_t kMaxPortRange = 1000;  // each published port is a rule in the host's firewall

// "[ADDRESS:][PUBLISHED:]TARGET[/PROTOCOL]", each port also a range; an IPv6 address in brackets.
absl::StatusOr<std::vector<PortSpec>> ParsePorts(std::string_view text);

// "8080", "8080/udp", "8000-8010": the single ports, each with its protocol when that is not tcp.
absl::StatusOr<std::vector<std::string>> ParseExpose(std::string_view text);

// What makes two entries of a `ports:` list the same port when files are merged.
std::string PortKey(const Node& item);

void ReadPorts(Reader& reader, const Node& node, std::vector<PortSpec>& into);

void AppendPortKeys(std::vector<KeyDoc>& docs);

}  // namespace quayside::compose
