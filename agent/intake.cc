#include "agent/intake.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <tuple>

namespace quayside::agent {
namespace {

// Why `instance` cannot be enforced; "" when it can.
std::string Refusal(const Instance& instance, const Assignment& received) {
  const std::string name = quayside::ToString(instance.slot) + " " + instance.id.value;
  if (!IsOwnId(instance.id.value)) return "instance id of " + name + " is malformed";
  if (instance.slot.service.empty()) return "instance " + instance.id.value + " names no service";
  const auto spec = received.specs.find(instance.spec);
  if (spec == received.specs.end()) {
    return "the spec of " + name + " is missing or cannot be read by this agent";
  }
  const std::string& image = spec->second.image;
  if (image.find("@sha256:") == std::string::npos) {
    return "the image of " + name + " is not pinned to a digest: " + image;
  }
  return "";
}

std::map<AppName, std::string> Refusals(const Assignment& received) {
  std::map<AppName, std::string> refusals;
  std::set<SlotKey> slots;
  for (const Instance& instance : received.instances) {
    std::string reason = Refusal(instance, received);
    if (reason.empty() && !slots.insert(instance.slot).second) {
      reason = "two instances are given for slot " + quayside::ToString(instance.slot);
    }
    if (!reason.empty()) refusals.emplace(instance.slot.app, std::move(reason));
  }
  return refusals;
}

}  // namespace

Accepted Accept(const Assignment& current, Assignment received,
                const std::set<SpecDigest>& in_use) {
  Accepted result;
  std::set<AppName> stays(received.held_apps.begin(), received.held_apps.end());
  for (auto& [app, reason] : Refusals(received)) {
    stays.insert(app);
    result.rejections.push_back({.app = app, .reason = std::move(reason)});
  }
  const auto instance_stays = [&](const Instance& i) { return stays.contains(i.slot.app); };
  const auto removal_stays = [&](const Removal& r) { return stays.contains(r.app); };
  std::erase_if(received.instances, instance_stays);
  std::erase_if(received.removals, removal_stays);
  std::copy_if(current.instances.begin(), current.instances.end(),
               std::back_inserter(received.instances), instance_stays);
  std::copy_if(current.removals.begin(), current.removals.end(),
               std::back_inserter(received.removals), removal_stays);
  std::sort(received.instances.begin(), received.instances.end(),
            [](const Instance& a, const Instance& b) {
              return std::tie(a.slot, a.id) < std::tie(b.slot, b.id);
            });
  if (!stays.empty()) {
    received.keep.insert(received.keep.end(), current.keep.begin(), current.keep.end());
    std::sort(received.keep.begin(), received.keep.end());
    received.keep.erase(std::unique(received.keep.begin(), received.keep.end()),
                        received.keep.end());
  }
  const auto carry = [&](const SpecDigest& digest) {
    const auto spec = current.specs.find(digest);
    if (spec == current.specs.end() || !received.specs.emplace(digest, spec->second).second) return;
    const auto bytes = current.received.bytes.find(digest);
    if (bytes != current.received.bytes.end()) received.received.bytes.insert(*bytes);
  };
  for (const Instance& instance : received.instances) carry(instance.spec);
  for (const SpecDigest& digest : in_use) carry(digest);
  result.assignment = std::move(received);
  return result;
}

}  // namespace quayside::agent
