#include "controller/schedule/spread.h"

namespace quayside::controller {

std::string Spread::GroupOf(const PlaceHost& host) const {
  std::string group;
  for (const std::string& key : service_.placement.spread_over) {
    for (const std::string_view prefix : {"host.labels.", "node.labels."}) {
      if (!key.starts_with(prefix)) continue;
      const auto label = host.labels.find(key.substr(prefix.size()));
      group += label == host.labels.end() ? "" : label->second;
      break;
    }
    group += '\n';
  }
  return group;
}

void Spread::SetCount(const std::string& name, const HostId& host, int count) {
  Group& group = groups_[name];
  if (!group.hosts.empty()) order_.erase({group.total, name});
  int& known = group.counts[host];
  group.total += count - known;
  known = count;
}

void Spread::Offer(const Usage& usage) {
  const std::string name = GroupOf(usage.host());
  SetCount(name, usage.host().id, usage.count(service_.name));
  Group& group = groups_[name];
  group.hosts.insert(
      {usage.count(service_.name), usage.instances(), usage.host().name, usage.host().id});
  order_.insert({group.total, name});
}

void Spread::Count(const Usage& usage) {
  const std::string name = GroupOf(usage.host());
  SetCount(name, usage.host().id, usage.count(service_.name));
  const Group& group = groups_[name];
  if (!group.hosts.empty()) order_.insert({group.total, name});
}

HostId Spread::Take() {
  if (order_.empty()) return HostId();
  const auto [total, name] = *order_.begin();
  Group& group = groups_[name];
  const HostId host = std::get<HostId>(*group.hosts.begin());
  group.hosts.erase(group.hosts.begin());
  if (group.hosts.empty()) order_.erase({total, name});
  return host;
}

}  // namespace quayside::controller
