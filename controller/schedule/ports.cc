#include "controller/schedule/ports.h"

#include <algorithm>

namespace quayside::controller {
namespace {

bool EveryAddress(const std::string& ip) { return ip.empty() || ip == "0.0.0.0" || ip == "::"; }

}  // namespace

std::vector<PortUse> FixedPorts(const ContainerSpec& spec) {
  std::vector<PortUse> ports;
  for (const PortSpec& port : spec.ports) {
    if (port.host_port != 0) ports.push_back({port.host_ip, port.host_port, port.protocol});
  }
  return ports;
}

bool Clash(const PortUse& a, const PortUse& b) {
  return a.port == b.port && a.protocol == b.protocol &&
         (EveryAddress(a.host_ip) || EveryAddress(b.host_ip) || a.host_ip == b.host_ip);
}

const PortUse* FindClash(const std::vector<PortUse>& a, const std::vector<PortUse>& b) {
  for (const PortUse& mine : a) {
    for (const PortUse& other : b) {
      if (Clash(mine, other)) return &mine;
    }
  }
  return nullptr;
}

std::string ToString(const PortUse& port) {
  const std::string text = std::to_string(port.port) + "/" + port.protocol;
  return port.host_ip.empty() ? text : port.host_ip + ":" + text;
}

bool HasLocalState(const ContainerSpec& spec, const std::vector<std::string>& image_volumes) {
  for (const MountSpec& mount : spec.mounts) {
    if (mount.type != MountType::kTmpfs && !mount.read_only) return true;
  }
  return std::any_of(image_volumes.begin(), image_volumes.end(), [&](const std::string& path) {
    return std::none_of(spec.mounts.begin(), spec.mounts.end(),
                        [&](const MountSpec& mount) { return mount.target == path; });
  });
}

}  // namespace quayside::controller
