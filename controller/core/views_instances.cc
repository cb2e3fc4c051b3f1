#include <algorithm>
#include <tuple>

#include "common/base/status.h"
#include "controller/core/rollouts.h"
#include "controller/core/views.h"

namespace quayside::controller {
namespace {

constexpr size_t kPage = 1'000;

// Why a desired instance has no status of its own.
std::string WhyPending(const CoreState& state, const HostId& host) {
  const Presence presence = state.PresenceOf(host);
  const HostRow* row = state.ledger.FindHost(host);
  if (presence != Presence::kReady) {
    return "host " + state.HostName(host) + " is " + std::string(ToString(presence));
  }
  if (row != nullptr && row->acked_generation < row->generation) {
    return "host " + row->name + " has not taken its newest assignment yet";
  }
  return "host " + state.HostName(host) + " has not reported it yet";
}

std::string ImageOf(const CoreState& state, const Instance& instance) {
  const RevisionRow* revision = state.ledger.FindRevision(instance.slot.app, instance.revision);
  const ServiceSpec* service =
      revision == nullptr ? nullptr : FindService(revision->spec, instance.slot.service);
  if (service == nullptr) return "";
  const auto own = service->host_images.find(state.HostName(instance.host));
  return own == service->host_images.end() ? service->container.image : own->second;
}

struct Listed {
  SlotKey slot;
  HostId host;
  InstanceId id;
  auto Key() const { return std::tie(slot, host, id); }
};

std::string Token(const Listed& listed) {
  return listed.slot.app.value + "\n" + listed.slot.service.value + "\n" +
         std::to_string(listed.slot.slot) + "\n" + listed.host.value + "\n" + listed.id.value;
}

// Everything that `request` asks for, in order.
std::vector<Listed> Select(const CoreState& state, const ListInstances& request,
                           const HostRow* host) {
  std::map<std::pair<HostId, InstanceId>, Listed> found;
  const auto add = [&](const SlotKey& slot, const HostId& at, const InstanceId& id) {
    if (host != nullptr && host->id != at) return;
    if (!request.app.empty() && slot.app.value != request.app) return;
    found.try_emplace({at, id}, Listed{slot, at, id});
  };
  const auto add_instance = [&](const InstanceId& id) {
    const Instance& instance = state.ledger.model().instances.Find(id)->desired;
    add(instance.slot, instance.host, id);
  };
  const auto add_observed = [&](const HostId& at, const InstanceStatus& status) {
    if (request.all || !status.retired) add(status.slot, at, status.id);
  };
  if (!request.app.empty()) {
    const AppName app(request.app);
    for (const InstanceId& id : state.ledger.InstancesOf(app)) add_instance(id);
    for (const auto& [at, id] : state.ledger.ObservedOf(app)) {
      add_observed(at, *state.ledger.Observed(at, id));
    }
  } else if (host != nullptr) {
    for (const InstanceId& id : state.ledger.InstancesOn(host->id)) add_instance(id);
    for (const InstanceStatus* status : state.ledger.ObservedOn(host->id)) {
      add_observed(host->id, *status);
    }
  } else {
    for (const auto& [id, row] : state.ledger.model().instances.rows()) add_instance(id);
    for (const auto& [key, status] : state.ledger.model().observed.rows()) {
      add_observed(key.first, status);
    }
  }
  std::vector<Listed> listed;
  for (auto& [key, value] : found) listed.push_back(std::move(value));
  std::sort(listed.begin(), listed.end(),
            [](const Listed& a, const Listed& b) { return a.Key() < b.Key(); });
  return listed;
}

// Slots that no host takes: they are wanted, but there is no instance yet.
void AddUnplaced(const CoreState& state, const ListInstances& request, InstancePage* page) {
  for (const auto& [app, slots] : state.unplaced) {
    if (!request.host.empty() || (!request.app.empty() && app.value != request.app)) continue;
    const RevisionRow* revision = DesiredRevision(state.ledger, app);
    for (const UnplacedSlot& unplaced : slots) {
      InstanceView view;
      view.status.slot = unplaced.slot;
      view.status.state = InstanceState::kPending;
      view.status.reason = unplaced.summary;
      view.status.revision = revision == nullptr ? 0 : revision->key.number;
      page->instances.push_back(std::move(view));
    }
  }
}

}  // namespace

InstanceView ViewInstance(const CoreState& state, const HostId& host, const InstanceRow* desired,
                          const InstanceStatus* observed) {
  InstanceView view;
  view.host = state.HostName(host);
  view.desired = desired != nullptr;
  const Presence presence = state.PresenceOf(host);
  view.host_known = presence != Presence::kUnknown;
  if (observed != nullptr) {
    view.status = *observed;
  } else if (desired != nullptr) {
    view.status.id = desired->desired.id;
    view.status.slot = desired->desired.slot;
    view.status.spec = desired->desired.spec;
    view.status.state = InstanceState::kPending;
    view.status.reason = WhyPending(state, host);
    view.status.since = desired->created_at;
  }
  if (desired != nullptr) {
    view.status.revision = desired->desired.revision;
    if (view.status.image.empty()) view.status.image = ImageOf(state, desired->desired);
  }
  if (observed != nullptr && presence == Presence::kLost) {
    // What was reported last may be long untrue.
    view.status.state = InstanceState::kUnknown;
    view.status.proven = false;
    view.status.reason = "host " + view.host + " is lost";
  } else if (observed != nullptr && presence == Presence::kAway && view.status.reason.empty()) {
    view.status.reason = "host " + view.host + " is away; this is its last report";
  }
  return view;
}

absl::StatusOr<InstancePage> ViewInstances(const CoreState& state, const ListInstances& request) {
  const HostRow* host = nullptr;
  if (!request.host.empty()) {
    host = state.ledger.FindHostByName(request.host);
    if (host == nullptr) {
      return NotFound("cannot list instances on " + request.host +
                      ": there is no such host; `ctl host ls` lists them");
    }
  }
  if (!request.app.empty() && state.ledger.FindApp(AppName(request.app)) == nullptr &&
      state.ledger.ObservedOf(AppName(request.app)).empty()) {
    return NotFound("cannot list instances of " + request.app +
                    ": there is no such app; `ctl ls` lists them");
  }
  InstancePage page;
  std::string last;
  bool begun = request.page_token.empty();
  for (const Listed& listed : Select(state, request, host)) {
    if (!begun) {
      begun = Token(listed) == request.page_token;
      continue;
    }
    if (page.instances.size() >= kPage) {
      page.next_page_token = last;
      return page;
    }
    page.instances.push_back(ViewInstance(state, listed.host,
                                          state.ledger.model().instances.Find(listed.id),
                                          state.ledger.Observed(listed.host, listed.id)));
    last = Token(listed);
  }
  if (!begun) {
    return Aborted("the list of instances changed while it was read; read it again");
  }
  AddUnplaced(state, request, &page);
  return page;
}

absl::StatusOr<InstanceDetails> ViewInstanceDetails(CoreState& state, const InstanceId& id) {
  const InstanceRow* desired = state.ledger.model().instances.Find(id);
  HostId host;
  SpecDigest spec;
  if (desired != nullptr) {
    host = desired->desired.host;
    spec = desired->desired.spec;
  } else if (const KeptRow* kept = state.ledger.model().kept.Find(id)) {
    host = kept->instance.desired.host;
    spec = kept->instance.desired.spec;
  } else {
    for (const auto& [key, status] : state.ledger.model().observed.rows()) {
      if (key.second != id) continue;
      host = key.first;
      spec = status.spec;
      break;
    }
  }
  if (host.empty()) {
    return NotFound("cannot inspect " + id.value +
                    ": there is no such instance; `ctl ps -a` lists them");
  }
  InstanceDetails details;
  details.view = ViewInstance(state, host, desired, state.ledger.Observed(host, id));
  const SpecRow* row = state.ledger.model().specs.Find(spec);
  if (row != nullptr) details.spec_bytes = row->bytes;
  QS_ASSIGN_OR_RETURN(details.events, state.store.Events("", "", id, 0, 50));
  return details;
}

}  // namespace quayside::controller
