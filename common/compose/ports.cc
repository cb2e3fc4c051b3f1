#include "common/compose/ports.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <arpa/inet.h>

#include "common/base/status.h"
#include "common/compose/scalar.h"

namespace quayside::compose {
namespace {

struct Range {
  uint32_t first = 0;
  uint32_t last = 0;
  uint32_t size() const { return last - first + 1; }
};

absl::StatusOr<Range> ParseRange(std::string_view text) {
  const size_t dash = text.find('-');
  absl::StatusOr<int64_t> first = ParseInteger(text.substr(0, dash), 1, 65535);
  absl::StatusOr<int64_t> last =
      dash == std::string_view::npos ? first : ParseInteger(text.substr(dash + 1), 1, 65535);
  if (!first.ok() || !last.ok() || *last < *first) {
    return InvalidArgument("\"" + std::string(text.substr(0, 40)) +
                           "\" is not a port from 1 to 65535 or a range like 8000-8010");
  }
  if (*last - *first >= kMaxPortRange) {
    return InvalidArgument("the range " + std::string(text) + " has more than " +
                           std::to_string(kMaxPortRange) + " ports");
  }
  return Range{static_cast<uint32_t>(*first), static_cast<uint32_t>(*last)};
}

bool IsAddress(const std::string& text) {
  unsigned char buffer[sizeof(in6_addr)];
  return inet_pton(AF_INET, text.c_str(), buffer) == 1 ||
         inet_pton(AF_INET6, text.c_str(), buffer) == 1;
}

absl::StatusOr<std::string> ParseAddress(std::string_view text) {
  std::string address(text);
  if (address.size() > 2 && address.front() == '[' && address.back() == ']') {
    address = address.substr(1, address.size() - 2);
  }
  if (!IsAddress(address)) {
    return InvalidArgument("\"" + std::string(text.substr(0, 60)) +
                           "\" is not an IP address; an IPv6 address stands in brackets");
  }
  return address;
}

absl::StatusOr<std::string> TakeProtocol(std::string_view& text) {
  const size_t slash = text.rfind('/');
  if (slash == std::string_view::npos) return std::string("tcp");
  std::string protocol(text.substr(slash + 1));
  text = text.substr(0, slash);
  std::transform(protocol.begin(), protocol.end(), protocol.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (protocol != "tcp" && protocol != "udp" && protocol != "sctp") {
    return InvalidArgument("\"" + protocol + "\" is not tcp, udp or sctp");
  }
  return protocol;
}

absl::StatusOr<std::vector<PortSpec>> Expand(const std::string& host_ip,
                                             const std::optional<Range>& published,
                                             const Range& target, const std::string& protocol) {
  if (published.has_value() && published->size() != target.size()) {
    return InvalidArgument(
        published->size() > 1 && target.size() == 1
            ? "a range of host ports for one container port is not supported; name one host port, "
              "or none and the engine chooses"
            : "the host range and the container range differ in length");
  }
  std::vector<PortSpec> ports;
  for (uint32_t i = 0; i < target.size(); ++i) {
    ports.push_back({.host_ip = host_ip,
                     .host_port = published.has_value() ? published->first + i : 0,
                     .container_port = target.first + i,
                     .protocol = protocol});
  }
  return ports;
}

// The long form's fields before they make a port.
struct LongPort {
  std::string target, published, host_ip, protocol = "tcp", mode;
  Mark mark;
};

template <std::string LongPort::*member>
void Field(Reader& reader, const Node& node, LongPort& port) {
  reader.Text(node, port.*member);
}

constexpr std::array kPortKeys = {
    Honoured<LongPort>("target", "the container's port, or a range", Field<&LongPort::target>),
    Honoured<LongPort>("published",
                       "the host's port or a range as long as the target's; fixed, so exclusive on "
                       "the host; without it the engine chooses one",
                       Field<&LongPort::published>),
    Honoured<LongPort>("host_ip", "the host address it is bound to; every address without it",
                       Field<&LongPort::host_ip>),
    Honoured<LongPort>("protocol", "tcp, udp or sctp", Field<&LongPort::protocol>),
    Honoured<LongPort>(
        "mode",
        "`host` and `ingress` both publish on the host that runs the instance; there "
        "is no routing mesh",
        [](Reader& reader, const Node& node, LongPort& port) {
          reader.Choice(node, {"host", "ingress"}, port.mode);
        }),
    Accepted<LongPort>("name", "a name for readers; Compose does nothing with it either"),
    Accepted<LongPort>("app_protocol", "a note for readers; Compose does nothing with it either"),
};

absl::StatusOr<std::vector<PortSpec>> FromLong(const LongPort& port) {
  if (port.target.empty())
    return InvalidArgument("the long form needs target, the container's port");
  std::string text = port.target + "/" + port.protocol;
  if (!port.host_ip.empty()) {
    QS_ASSIGN_OR_RETURN(const std::string address, ParseAddress(port.host_ip));
    text = "[" + address + "]:" + port.published + ":" + text;
  } else if (!port.published.empty()) {
    text = port.published + ":" + text;
  }
  return ParsePorts(text);
}

void ReadPort(Reader& reader, const Node& item, std::vector<PortSpec>& into) {
  absl::StatusOr<std::vector<PortSpec>> ports = std::vector<PortSpec>();
  if (item.IsMap()) {
    LongPort port;
    ReadKeys<LongPort>(reader, item, kPortKeys, port);
    ports = FromLong(port);
  } else {
    std::string text;
    if (!reader.Text(item, text)) return;
    ports = ParsePorts(text);
  }
  if (!ports.ok()) {
    reader.Error(item.mark, Message(ports.status()));
    return;
  }
  for (PortSpec& port : *ports) {
    if (std::find(into.begin(), into.end(), port) == into.end()) into.push_back(std::move(port));
  }
}

}  // namespace

absl::StatusOr<std::vector<PortSpec>> ParsePorts(std::string_view text) {
  std::string_view rest = text;
  QS_ASSIGN_OR_RETURN(const std::string protocol, TakeProtocol(rest));
  const size_t last = rest.rfind(':');
  QS_ASSIGN_OR_RETURN(const Range target, ParseRange(rest.substr(last + 1)));
  std::string host_ip;
  std::optional<Range> published;
  if (last != std::string_view::npos) {
    rest = rest.substr(0, last);
    const size_t middle = rest.ends_with(']') ? rest.size() : rest.rfind(':');
    std::string_view port = rest;
    if (rest.ends_with(']')) {
      port = {};
    } else if (middle != std::string_view::npos) {
      port = rest.substr(middle + 1);
    }
    if (middle != std::string_view::npos) {
      QS_ASSIGN_OR_RETURN(host_ip, ParseAddress(rest.substr(0, middle)));
    }
    if (!port.empty()) {
      QS_ASSIGN_OR_RETURN(published, ParseRange(port));
    }
  }
  return Expand(host_ip, published, target, protocol);
}

absl::StatusOr<std::vector<std::string>> ParseExpose(std::string_view text) {
  QS_ASSIGN_OR_RETURN(const std::string protocol, TakeProtocol(text));
  QS_ASSIGN_OR_RETURN(const Range range, ParseRange(text));
  std::vector<std::string> exposed;
  for (uint32_t port = range.first; port <= range.last; ++port) {
    exposed.push_back(std::to_string(port) + (protocol == "tcp" ? "" : "/" + protocol));
  }
  return exposed;
}

std::string PortKey(const Node& item) {
  absl::StatusOr<std::vector<PortSpec>> ports = std::vector<PortSpec>();
  if (item.IsMap()) {
    LongPort port;
    const auto field = [&](std::string_view name, std::string& into) {
      if (const Node* value = Find(item, name); value != nullptr) into = value->text;
    };
    field("target", port.target);
    field("published", port.published);
    field("host_ip", port.host_ip);
    field("protocol", port.protocol);
    ports = FromLong(port);
  } else {
    ports = ParsePorts(item.text);
  }
  if (!ports.ok() || ports->empty()) return item.text;
  const PortSpec& first = ports->front();
  return first.host_ip + "|" + std::to_string(first.host_port) + "|" +
         std::to_string(first.container_port) + "+" + std::to_string(ports->size()) + "/" +
         first.protocol;
}

void ReadPorts(Reader& reader, const Node& node, std::vector<PortSpec>& into) {
  if (!reader.ExpectSequence(node)) return;
  for (const Node& item : node.items) ReadPort(reader, item, into);
}

void AppendPortKeys(std::vector<KeyDoc>& docs) {
  AppendDocs<LongPort>("services.*.ports[].", kPortKeys, docs);
}

}  // namespace quayside::compose
