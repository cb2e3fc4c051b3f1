#include "agent/exclusive.h"

#include <algorithm>

namespace quayside::agent {
namespace {

bool AnyAddress(const std::string& ip) { return ip.empty() || ip == "0.0.0.0" || ip == "::"; }

bool SamePort(const PortSpec& a, const PortSpec& b) {
  return a.host_port == b.host_port && a.protocol == b.protocol &&
         (a.host_ip == b.host_ip || AnyAddress(a.host_ip) || AnyAddress(b.host_ip));
}

std::string ToText(const PortSpec& port) {
  return "port " + (port.host_ip.empty() ? std::string("0.0.0.0") : port.host_ip) + ":" +
         std::to_string(port.host_port) + "/" + port.protocol;
}

std::string NetworkName(const ContainerSpec& spec, const std::string& key) {
  const auto found = spec.networks.find(key);
  return found == spec.networks.end() ? key : found->second.name;
}

}  // namespace

std::vector<std::string> ManagedMountPoints(const ContainerSpec& spec,
                                            const std::vector<std::string>& image_volumes) {
  std::vector<std::string> points;
  for (const MountSpec& mount : spec.mounts) {
    if (mount.type == MountType::kVolume && mount.source.empty()) points.push_back(mount.target);
  }
  for (const std::string& path : image_volumes) {
    const bool covered = std::any_of(spec.mounts.begin(), spec.mounts.end(),
                                     [&](const MountSpec& mount) { return mount.target == path; });
    if (!covered) points.push_back(path);
  }
  std::sort(points.begin(), points.end());
  return points;
}

Claims ClaimsOf(const ContainerSpec& spec, const std::vector<std::string>& image_volumes) {
  Claims claims;
  for (const PortSpec& port : spec.ports) {
    if (port.host_port != 0) claims.ports.push_back(port);
  }
  for (const NetworkAttachment& attachment : spec.network_attachments) {
    const std::string network = NetworkName(spec, attachment.network);
    for (const std::string& address : {attachment.ipv4_address, attachment.ipv6_address}) {
      if (!address.empty()) claims.addresses.insert(network + "/" + address);
    }
  }
  const auto bind_slot = [&](std::string why) {
    if (!claims.slot_bound) claims.slot_bound_by = std::move(why);
    claims.slot_bound = true;
  };
  if (spec.network_mode == "host") bind_slot("the host's network");
  if (!spec.devices.empty()) bind_slot("device " + spec.devices.front().host_path);
  for (const MountSpec& mount : spec.mounts) {
    if (mount.type == MountType::kTmpfs || mount.read_only) continue;
    bind_slot((mount.type == MountType::kBind ? "directory at " : "volume at ") + mount.target);
  }
  const std::vector<std::string> managed = ManagedMountPoints(spec, image_volumes);
  if (!managed.empty()) bind_slot("volume at " + managed.front());
  return claims;
}

Claims ClaimsOf(const ContainerDetail& detail) {
  Claims claims;
  for (const PublishedPort& port : detail.ports) {
    if (port.host_port == 0) continue;
    claims.ports.push_back({.host_ip = port.host_ip,
                            .host_port = port.host_port,
                            .container_port = port.container_port,
                            .protocol = port.protocol});
  }
  claims.slot_bound = true;
  claims.slot_bound_by = "a container whose spec is not known any more";
  return claims;
}

std::string Clash(const Claims& a, const Claims& b) {
  for (const PortSpec& mine : a.ports) {
    for (const PortSpec& other : b.ports) {
      if (SamePort(mine, other)) return ToText(mine);
    }
  }
  for (const std::string& address : a.addresses) {
    if (b.addresses.contains(address)) return "address " + address;
  }
  return "";
}

}  // namespace quayside::agent
