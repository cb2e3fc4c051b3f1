#include "agent/container.h"

#include <charconv>

#include "agent/labels.h"
#include "common/model/digest.h"

namespace quayside::agent {
namespace {

template <typename Number>
bool ParseNumber(const std::string& text, Number* value) {
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, *value);
  return result.ec == std::errc() && result.ptr == end;
}

std::string Label(const std::map<std::string, std::string>& labels, const char* key) {
  const auto found = labels.find(key);
  return found == labels.end() ? std::string() : found->second;
}

}  // namespace

bool ReadIdentity(const std::map<std::string, std::string>& labels, Identity* identity) {
  identity->slot.app = AppName(Label(labels, kAppLabel));
  identity->slot.service = ServiceName(Label(labels, kServiceLabel));
  identity->instance = InstanceId(Label(labels, kInstanceLabel));
  identity->spec = SpecDigest(Label(labels, kSpecLabel));
  if (identity->slot.app.empty() || identity->slot.service.empty() || identity->instance.empty() ||
      identity->spec.empty()) {
    return false;
  }
  return ParseNumber(Label(labels, kSlotLabel), &identity->slot.slot) &&
         ParseNumber(Label(labels, kRevisionLabel), &identity->revision);
}

std::map<std::string, std::string> LabelsFor(const FleetId& fleet, const Instance& instance,
                                             const ContainerSpec& spec) {
  std::map<std::string, std::string> labels = spec.labels;
  labels[kFleetLabel] = fleet.value;
  labels[kHostLabel] = instance.host.value;
  labels[kAppLabel] = instance.slot.app.value;
  labels[kServiceLabel] = instance.slot.service.value;
  labels[kSlotLabel] = std::to_string(instance.slot.slot);
  labels[kInstanceLabel] = instance.id.value;
  labels[kRevisionLabel] = std::to_string(instance.revision);
  labels[kSpecLabel] = instance.spec.value;
  labels[kComposeProjectLabel] = instance.slot.app.value;
  labels[kComposeServiceLabel] = instance.slot.service.value;
  return labels;
}

std::string ContainerName(const SlotKey& slot, const InstanceId& instance) {
  return slot.app.value + "-" + slot.service.value + "-" + std::to_string(slot.slot) + "-" +
         instance.value;
}

std::string ManagedVolumeName(const SlotKey& slot, const std::string& target) {
  constexpr size_t kPrefix = sizeof("sha256:") - 1;
  return slot.app.value + "_" + slot.service.value + "." + std::to_string(slot.slot) + "_" +
         Sha256Digest(target).substr(kPrefix, 12);
}

}  // namespace quayside::agent
