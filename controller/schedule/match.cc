// Which hosts a service's own words allow: constraints and platform.
#include <algorithm>

#include "controller/schedule/place.h"

namespace quayside::controller {
namespace {

// The value of a constraint key on a host; "" when the host has none, as Swarm takes it.
std::string ValueOf(const std::string& key, const PlaceHost& host) {
  for (const std::string_view prefix : {"host.labels.", "node.labels."}) {
    if (key.starts_with(prefix)) {
      const auto label = host.labels.find(key.substr(prefix.size()));
      return label == host.labels.end() ? "" : label->second;
    }
  }
  if (key == "node.hostname") return host.name;
  if (key == "node.id") return host.id.value;
  if (key == "node.platform.os") return host.os;
  if (key == "node.platform.arch") return host.arch;
  return "";
}

// Compose and Docker write the same machine in two ways.
std::string GoArch(const std::string& arch) {
  if (arch == "x86_64") return "amd64";
  if (arch == "aarch64") return "arm64";
  return arch;
}

bool SamePlatform(const std::string& platform, const PlaceHost& host) {
  const std::string wanted = host.os + "/" + GoArch(host.arch);
  return platform == wanted || platform.starts_with(wanted + "/");  // a variant: linux/arm64/v8
}

}  // namespace

std::string WhyConstraintsFail(const ServiceSpec& service, const PlaceHost& host) {
  for (const Constraint& constraint : service.placement.constraints) {
    std::string value = ValueOf(constraint.key, host);
    if (constraint.key == "node.platform.arch") value = GoArch(value);
    const std::string wanted =
        constraint.key == "node.platform.arch" ? GoArch(constraint.value) : constraint.value;
    if ((value == wanted) != constraint.equal) {
      return "constraint " + constraint.key + (constraint.equal ? " == " : " != ") +
             constraint.value + " is not met: it is " + (value.empty() ? "not set" : value);
    }
  }
  return "";
}

bool PlatformFits(const std::vector<std::string>& platforms, const std::string& wanted,
                  const PlaceHost& host) {
  if (host.os.empty() || host.arch.empty()) return true;
  // A file that names a platform means that one, also where the engine has to emulate it.
  if (!wanted.empty()) {
    return platforms.empty() ||
           std::any_of(platforms.begin(), platforms.end(), [&](const std::string& has) {
             return has == wanted || has.starts_with(wanted + "/");
           });
  }
  return platforms.empty() ||
         std::any_of(platforms.begin(), platforms.end(),
                     [&](const std::string& has) { return SamePlatform(has, host); });
}

std::string WhyNotMatching(const ServiceSpec& service, const std::vector<std::string>& platforms,
                           const PlaceHost& host) {
  const std::string constraint = WhyConstraintsFail(service, host);
  if (!constraint.empty()) return constraint;
  if (!PlatformFits(platforms, service.container.platform, host)) {
    return "its image has no " + host.os + "/" + host.arch;
  }
  return "";
}

}  // namespace quayside::controller
