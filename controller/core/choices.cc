#include "controller/core/choices.h"

#include <algorithm>
#include <array>

namespace quayside::controller {

bool MadeByVerb(const std::string& cause) {
  static constexpr std::array<std::string_view, 6> kVerbs = {"deploy", "scale", "restart",
                                                             "stop",   "start", "rollback"};
  return std::any_of(kVerbs.begin(), kVerbs.end(),
                     [&](std::string_view verb) { return cause.starts_with(verb); });
}

namespace {

std::string ImageText(const ContainerSpec& container) {
  return container.image_tag.empty() ? container.image : container.image_tag;
}

// The image that the newest file before (and with) `current` gave the service; "" = none.
std::string ImageOfLastFile(const Ledger& ledger, const RevisionRow& current,
                            const ServiceName& name) {
  for (int64_t number = current.key.number; number > 0; --number) {
    const RevisionRow* row = ledger.FindRevision(current.key.app, number);
    if (row == nullptr || MadeByVerb(row->cause)) continue;  // the oldest are forgotten
    const ServiceSpec* service = FindService(row->spec, name);
    return service == nullptr ? "" : ImageText(service->container);
  }
  return "";
}

}  // namespace

std::vector<std::string> KeepChoices(const Ledger& ledger, const RevisionRow* current,
                                     AppSpec* spec) {
  std::vector<std::string> undone;
  if (current == nullptr) return undone;
  for (ServiceSpec& service : spec->services) {
    const ServiceSpec* now = FindService(current->spec, service.name);
    if (now == nullptr) continue;
    service.container.restart_counter = now->container.restart_counter;
    service.stopped = now->stopped;
    service.host_images = now->host_images;
    const bool scaled = now->mode == ServiceMode::kReplicated && !now->replicas_in_file;
    if (scaled && service.mode == ServiceMode::kReplicated) {
      if (!service.replicas_in_file) {
        service.replicas = now->replicas;
      } else if (now->replicas != 1 && now->replicas != service.replicas) {
        undone.push_back("scale " + service.name.value + "=" + std::to_string(now->replicas) +
                         " (the file says " + std::to_string(service.replicas) + ")");
      }
    }
    const std::string runs = ImageText(now->container);
    const std::string filed = ImageOfLastFile(ledger, *current, service.name);
    if (!filed.empty() && filed != runs && ImageText(service.container) != runs) {
      undone.push_back("deploy " + service.name.value + "=" + runs + " (the file says " +
                       ImageText(service.container) + ")");
    }
  }
  return undone;
}

}  // namespace quayside::controller
