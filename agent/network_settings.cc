#include "agent/network_settings.h"

#include "common/model/digest.h"

namespace quayside::agent {
namespace {

// Length-prefixed, so that no two settings write the same text.
void Put(std::string& text, const std::string& value) {
  text += std::to_string(value.size()) + ":" + value;
}

void Put(std::string& text, const std::map<std::string, std::string>& values) {
  text += std::to_string(values.size()) + "{";
  for (const auto& [key, value] : values) {
    Put(text, key);
    Put(text, value);
  }
}

std::string ShortDigest(const std::string& text) {
  return Sha256Digest(text).substr(std::string("sha256:").size(), 8);
}

}  // namespace

std::string SettingsDigest(const NetworkSpec& network) {
  std::string text;
  Put(text, network.driver.empty() ? "bridge" : network.driver);
  Put(text, network.driver_opts);
  text += network.internal ? "I" : "i";
  text += network.attachable ? "A" : "a";
  text += network.enable_ipv6 ? "6" : "4";
  Put(text, network.ipam_driver.empty() ? "default" : network.ipam_driver);
  for (const IpamPool& pool : network.ipam_pools) {
    Put(text, pool.subnet);
    Put(text, pool.gateway);
    Put(text, pool.ip_range);
    Put(text, pool.aux_addresses);
  }
  return ShortDigest(text);
}

std::string SettingsDigest(const VolumeSpec& volume) {
  std::string text;
  Put(text, volume.driver.empty() ? "local" : volume.driver);
  Put(text, volume.driver_opts);
  return ShortDigest(text);
}

std::string AlternativeName(const NetworkSpec& network) {
  return network.name + "-" + SettingsDigest(network);
}

bool IsNameOf(const NetworkSpec& network, const std::string& name_on_engine) {
  return name_on_engine == network.name ||
         (!network.external && name_on_engine == AlternativeName(network));
}

}  // namespace quayside::agent
