#include "tests/sim/scripted_controller.h"

#include <utility>

#include "common/base/status.h"
#include "common/model/digest.h"
#include "common/wire/wire.h"

namespace quayside::sim {
namespace {

using controller::CoreEvent;

const StoreEpoch kEpoch("epoch");
const FleetId kFleet("fleet");

}  // namespace

ScriptedController::ScriptedController(World& world, SampleApps& apps)
    : world_(world),
      apps_(apps),
      network_(world, [this](CoreEvent event) { Submit(std::move(event)); }) {}

void ScriptedController::Start() {
  if (up_) return;
  world_.Trace("controller starts");
  up_ = true;
  network_.ControllerUp();
}

void ScriptedController::Kill() {
  if (!up_) return;
  world_.Trace("controller is killed");
  up_ = false;
  for (auto& [name, host] : hosts_) host.session = 0;
  network_.ControllerDown();
}

void ScriptedController::Submit(CoreEvent event) {
  if (const auto* hello = std::get_if<controller::AgentHello>(&event)) OnHello(*hello);
  if (const auto* ack = std::get_if<controller::AgentAck>(&event)) OnAck(*ack);
  if (const auto* report = std::get_if<controller::AgentReport>(&event)) OnReport(*report);
  if (const auto* beat = std::get_if<controller::AgentHeartbeat>(&event)) {
    network_.AnswerHeartbeat(beat->session, beat->sequence, reports_[beat->session],
                             absl::Seconds(15));
  }
  if (const auto* gone = std::get_if<controller::AgentGone>(&event)) {
    if (HostState* host = FindBySession(gone->session)) host->session = 0;
  }
}

ScriptedController::HostState* ScriptedController::FindBySession(controller::SessionId session) {
  for (auto& [name, host] : hosts_) {
    if (host.session == session) return &host;
  }
  return nullptr;
}

void ScriptedController::OnHello(const controller::AgentHello& hello) {
  HostState& host = hosts_[hello.name];
  if (host.id.empty()) host.id = HostId("id-" + hello.name);
  if (hello.generation > host.generation) {
    world_.Violate("R2", hello.name + " says that it has generation " +
                             std::to_string(hello.generation) + ", which was never made");
  }
  if (host.session != 0) network_.Close(host.session, Aborted("a newer session of this host"));
  host.session = hello.session;
  network_.Welcome(hello.session,
                   {kFleet, host.id, kEpoch, hello.session, absl::Seconds(15), absl::Seconds(55)});
  if (host.generation > 0) Offer(host);
}

void ScriptedController::OnAck(const controller::AgentAck& ack) {
  HostState* host = FindBySession(ack.session);
  if (host == nullptr) return;
  for (const Rejection& rejection : ack.rejections) {
    world_.Violate("R4",
                   "a legal app is rejected: " + rejection.app.value + ": " + rejection.reason);
  }
  if (ack.error.empty()) return;
  // Nothing was stored; it is offered again.
  world_.After(absl::Seconds(5), [this, session = ack.session] {
    if (HostState* again = FindBySession(session)) Offer(*again);
  });
}

void ScriptedController::OnReport(const controller::AgentReport& event) {
  HostState* host = FindBySession(event.session);
  if (host == nullptr || event.report.sequence <= reports_[event.session]) return;
  reports_[event.session] = event.report.sequence;
  host->report = event.report;
  for (const InstanceStatus& status : event.report.instances) {
    const auto slot = host->slots.find(status.slot);
    if (slot == host->slots.end() || slot->second.current.id != status.id) continue;
    slot->second.proven = slot->second.proven || status.proven;
    slot->second.failed = status.verdict;
  }
  std::set<AppName> apps;
  for (const auto& [slot, state] : host->slots) apps.insert(slot.app);
  for (const AppName& app : apps) Judge(*host, app);
  bool changed = false;
  for (const AppName& app : event.report.removed_apps) changed |= host->removals.erase(app) > 0;
  if (changed) Publish(*host);
}

// When all of an app is proven, what was before is let go; when some of it failed, all of it goes
// back.
void ScriptedController::Judge(HostState& host, const AppName& app) {
  bool all_proven = true, any_failed = false, any_previous = false;
  for (const auto& [slot, state] : host.slots) {
    if (slot.app != app) continue;
    all_proven = all_proven && state.proven;
    any_failed = any_failed || (state.failed && !state.proven);
    any_previous = any_previous || state.previous.has_value();
  }
  if (!any_previous || !(all_proven || any_failed)) return;
  world_.Trace("script: " + app.value + " on " + host.id.value +
               (any_failed ? " goes back" : " is proven"));
  for (auto& [slot, state] : host.slots) {
    if (slot.app != app) continue;
    // What is new in its slot has nothing to go back to: it is stopped, as the controller does.
    if (any_failed && !state.previous && !state.proven) state.current.intent = Intent::kStop;
    if (!state.previous) continue;
    if (any_failed) {
      state.previous->intent = state.current.intent;
      state = {.current = *state.previous, .proven = true, .failed = false, .previous = {}};
    } else {
      state.previous.reset();
    }
  }
  Publish(host);
}

void ScriptedController::ChangeAtRandom() {
  if (hosts_.empty() || !up_) return;
  auto host = hosts_.begin();
  std::advance(host, world_.random().Below(hosts_.size()));
  const std::string& name = apps_.names()[world_.random().Below(apps_.names().size())];
  const AppName app(name);
  const uint64_t dice = world_.random().Below(100);
  if (dice < 8) return Remove(host->second, app);
  if (dice < 18) {
    const Intent intent = world_.Chance(50) ? Intent::kStop : Intent::kRun;
    world_.Trace("script: " + name + (intent == Intent::kStop ? " stops" : " starts") + " on " +
                 host->first);
    for (auto& [slot, state] : host->second.slots) {
      if (slot.app == app) state.current.intent = intent;
    }
    return Publish(host->second);
  }
  if (host->second.removals.contains(app)) return;  // first it goes
  Deploy(host->second, apps_.Make(name, world_.Chance(40)));
}

void ScriptedController::Deploy(const std::string& host, const AppSpec& spec) {
  if (const auto it = hosts_.find(host); it != hosts_.end()) Deploy(it->second, spec);
}

void ScriptedController::Deploy(HostState& host, const AppSpec& spec) {
  std::string text = "script: deploys to " + host.id.value;
  for (const ServiceSpec& service : spec.services) {
    text += " " + service.container.image;
    const int slots = spec.name.value == "web" ? 2 : 1;
    for (int slot = 1; slot <= slots; ++slot) {
      PutSlot(host, service, {spec.name, service.name, slot});
    }
  }
  world_.Trace(text);
  Publish(host);
}

void ScriptedController::PutSlot(HostState& host, const ServiceSpec& service, const SlotKey& key) {
  ContainerSpec container = service.container;
  container.image = DigestRef(container.image);
  const SpecDigest digest(Sha256Digest(wire::EncodeSpec(container)));
  specs_.emplace(digest, container);
  Slot& slot = host.slots[key];
  if (!slot.failed && slot.current.spec == digest) return;  // as it is
  // The last proven one is kept, however many come after it without success.
  if (slot.proven) slot.previous = slot.current;
  Instance instance;
  instance.id = InstanceId(world_.random().Base32(12));
  instance.slot = key;
  instance.host = host.id;
  instance.revision = host.generation + 1;
  instance.spec = digest;
  instance.min_healthy = service.rollout.min_healthy;
  instance.healthy_deadline = service.rollout.deadline;
  instance.stop_first_forced = service.update.order == UpdateOrder::kStopFirst;
  slot.current = std::move(instance);
  slot.proven = slot.failed = false;
}

void ScriptedController::Remove(HostState& host, const AppName& app) {
  const size_t had =
      std::erase_if(host.slots, [&](const auto& entry) { return entry.first.app == app; });
  if (had == 0) return;
  world_.Trace("script: removes " + app.value + " from " + host.id.value);
  host.removals[app] = {.app = app, .slot = 0, .volumes = world_.Chance(50), .why = "the script"};
  Publish(host);
}

void ScriptedController::Publish(HostState& host) {
  ++host.generation;
  ++changes_;
  Offer(host);
}

void ScriptedController::Offer(HostState& host) {
  if (host.session == 0 || !up_) return;
  auto assignment = std::make_shared<Assignment>();
  assignment->fleet = kFleet;
  assignment->host = host.id;
  assignment->epoch = kEpoch;
  assignment->generation = host.generation;
  for (const auto& [key, slot] : host.slots) {
    assignment->instances.push_back(slot.current);
    assignment->specs.emplace(slot.current.spec, specs_.at(slot.current.spec));
    if (!slot.previous) continue;
    assignment->keep.push_back(slot.previous->id);
    assignment->specs.emplace(slot.previous->spec, specs_.at(slot.previous->spec));
  }
  for (const auto& [app, removal] : host.removals) assignment->removals.push_back(removal);
  network_.Offer(host.session, std::move(assignment));
}

std::string ScriptedController::Restless(const std::string& name,
                                         const std::map<std::string, InstanceId>& containers,
                                         const std::set<InstanceId>& committed) const {
  const auto it = hosts_.find(name);
  if (it == hosts_.end()) return name + " never said hello";
  const HostState& host = it->second;
  if (host.report.generation != host.generation) return name + " reports an older generation";
  if (!host.removals.empty())
    return name + " has not removed " + host.removals.begin()->first.value;
  std::set<InstanceId> wanted;
  for (const auto& [key, slot] : host.slots) {
    wanted.insert(slot.current.id);
    if (slot.previous) wanted.insert(slot.previous->id);
    for (const InstanceStatus& status : host.report.instances) {
      if (status.id != slot.current.id) continue;
      // Proven, perhaps before a report could say so, and then its own doing: a job that somebody
      // killed is not run again, as its file says; a service may fail later than it is watched.
      const bool over =
          (slot.proven || committed.contains(status.id)) &&
          status.state == InstanceState::kExited &&
          (key.app.value == "job" || status.reason.find("crash loop") != std::string::npos);
      const bool rests =
          over || (slot.current.intent == Intent::kStop
                       ? status.state == InstanceState::kStopped ||
                             status.state == InstanceState::kCompleted || status.verdict
                       : status.proven || status.verdict);
      if (!rests) {
        return name + ": " + ToString(key) + " " + status.id.value + " is " +
               std::string(ToString(status.state)) + ": " + status.reason;
      }
    }
  }
  if (!host.report.settled) return name + " is not settled";
  for (const auto& [id, instance] : containers) {
    if (!wanted.contains(instance)) return name + " has the orphan " + instance.value;
  }
  return "";
}

}  // namespace quayside::sim
