#include "agent/plan.h"

#include <algorithm>
#include <tuple>

#include "agent/planner.h"
#include "agent/restart.h"

namespace quayside::agent {

std::vector<std::string> HostWideKeys(const Claims& claims) {
  std::vector<std::string> keys(claims.addresses.begin(), claims.addresses.end());
  for (const PortSpec& port : claims.ports) {
    keys.push_back(std::to_string(port.host_port) + "/" + port.protocol);
  }
  return keys;
}

const ContainerSpec* Planner::SpecOf(const SpecDigest& digest) const {
  const auto found = in_.assignment.specs.find(digest);
  return found == in_.assignment.specs.end() ? nullptr : &found->second;
}

const Claims& Planner::ClaimsOfInstance(const InstanceId& id) const {
  static const Claims kNone;
  const auto found = claims_.find(id);
  return found == claims_.end() ? kNone : found->second;
}

const Assessment* Planner::HealthOf(const InstanceId& id) const {
  const auto found = in_.health.find(id);
  return found == in_.health.end() ? nullptr : &found->second;
}

void Planner::BuildViews() {
  for (const Instance& instance : in_.assignment.instances) {
    SlotView& view = views_[instance.slot];
    view.desired = &instance;
    view.spec = SpecOf(instance.spec);
  }
  for (const auto& [id, container] : in_.containers) {
    views_[container.identity.slot].containers.emplace(id, &container);
  }
  for (auto& [key, view] : views_) {
    view.key = key;
    const auto record = in_.records.find(key);
    view.record_known = record != in_.records.end();
    if (view.record_known) view.record = record->second;
    view.record.slot = key;
    view.committed = view.record.committed;
    if (!view.record_known) {
      for (const auto& [id, container] : view.containers) {
        const bool is_desired = view.desired != nullptr && id == view.desired->id;
        if (container->armed() && (view.committed.empty() || is_desired)) view.committed = id;
        // A job that has done its work was committed too, and is never armed.
        const bool done = is_desired && view.spec != nullptr && MayEnd(view.spec->restart) &&
                          container->state() == ContainerState::kExited && container->ever_ran() &&
                          container->detail.exit_code == 0;
        if (done) view.committed = id;
      }
    }
    for (const Removal& removal : in_.assignment.removals) {
      const bool names =
          removal.app == key.app &&
          (removal.service.empty() || (removal.service == key.service && removal.slot == key.slot));
      if (names) view.removal = &removal;
    }
    view.candidate = view.desired != nullptr && view.desired->intent == Intent::kRun &&
                     view.desired->id != view.committed &&
                     FindVerdict(view.record, view.desired->id) == nullptr;
  }
}

void Planner::BuildClaims() {
  const auto volumes_of = [&](const ContainerSpec& spec) {
    const auto image = in_.images.find(spec.image);
    return image != in_.images.end() && image->second.local ? image->second.detail.volumes
                                                            : std::vector<std::string>();
  };
  for (const auto& [id, container] : in_.containers) {
    const ContainerSpec* spec = SpecOf(container.identity.spec);
    Claims claims =
        spec != nullptr ? ClaimsOf(*spec, volumes_of(*spec)) : ClaimsOf(container.detail);
    if (!claims.slot_bound && !container.detail.volume_names.empty()) {
      claims.slot_bound = true;
      claims.slot_bound_by = "volume " + container.detail.volume_names.front();
    }
    for (const std::string& key : HostWideKeys(claims)) holders_[key].push_back(&container);
    claims_.emplace(id, std::move(claims));
  }
  for (auto& [key, view] : views_) {
    if (!view.candidate || view.spec == nullptr) continue;
    claims_.try_emplace(view.desired->id, ClaimsOf(*view.spec, volumes_of(*view.spec)));
    const Claims& mine = ClaimsOfInstance(view.desired->id);
    const Claims& old = ClaimsOfInstance(view.committed);
    const bool both_bound = mine.slot_bound && old.slot_bound && !view.desired->start_first_forced;
    // A stopped container of which only the engine can tell does not show its ports.
    const Container* committed = view.Find(view.committed);
    const bool unknown = committed != nullptr && SpecOf(committed->identity.spec) == nullptr;
    view.start_first =
        !view.desired->stop_first_forced && !unknown && !both_bound && Clash(mine, old).empty();
  }
}

void Planner::BuildGroups() {
  for (auto& [key, view] : views_) {
    if (!view.candidate || view.spec == nullptr) continue;
    std::string reason;
    view.ready = view.Find(view.desired->id) != nullptr && DependenciesHold(view, &reason);
    view.group = {&view};
  }
  // Slots are joined when the candidate of one needs what a container of the other holds or would
  // hold again if it went back.
  for (auto& [key, view] : views_) {
    if (view.group.empty()) continue;
    const Claims& mine = ClaimsOfInstance(view.desired->id);
    for (const std::string& claim : HostWideKeys(mine)) {
      const auto holders = holders_.find(claim);
      if (holders == holders_.end()) continue;
      for (const Container* holder : holders->second) {
        SlotView& other = views_.at(holder->identity.slot);
        const bool joins = &other != &view && !other.group.empty() &&
                           holder->identity.instance != other.desired->id &&
                           (holder->active() || holder->identity.instance == other.committed) &&
                           !Clash(mine, ClaimsOfInstance(holder->identity.instance)).empty();
        const bool known =
            std::find(view.group.begin(), view.group.end(), &other) != view.group.end();
        if (!joins || known) continue;
        std::vector<SlotView*> merged = view.group;
        merged.insert(merged.end(), other.group.begin(), other.group.end());
        for (SlotView* member : merged) {
          member->group = merged;
          member->start_first = false;  // what one of them holds another needs
        }
      }
    }
  }
}

void Planner::Act(Action action) {
  const std::string key = BusyKey(action);
  if (Busy(key)) return;
  const auto trouble = in_.troubles.find(key);
  const bool failed = trouble != in_.troubles.end() && trouble->second.call == action.kind;
  if (failed && in_.now < trouble->second.retry_at) return WakeAt(trouble->second.retry_at);
  out_.actions.push_back(std::move(action));
}

void Planner::Act(Action::Kind kind, const SlotView& view, const Container& container,
                  std::string why) {
  Act({.kind = kind,
       .slot = view.key,
       .instance = container.identity.instance,
       .object = container.id(),
       .why = std::move(why)});
}

void Planner::Wait(const InstanceId& instance, Waiting waiting) {
  out_.waiting.insert_or_assign(instance, std::move(waiting));
}

void Planner::Notify(const char* kind, const SlotView& view, const InstanceId& instance,
                     std::string text) {
  out_.notices.push_back(
      {.kind = kind, .slot = view.key, .instance = instance, .message = std::move(text)});
}

bool Planner::HeldBack(const std::string& key, const InstanceId& instance, InstanceState state) {
  const auto found = in_.troubles.find(key);
  if (found == in_.troubles.end() || in_.now >= found->second.retry_at) return false;
  WakeAt(found->second.retry_at);
  Wait(instance, {.state = state, .failure = found->second.kind, .reason = found->second.reason});
  return true;
}

const Trouble* Planner::DefiniteTrouble(const std::string& key) const {
  const auto found = in_.troubles.find(key);
  return found != in_.troubles.end() && found->second.definite ? &found->second : nullptr;
}

bool Planner::Kept(const SlotView& view, const InstanceId& id) const {
  return id == view.committed || id == view.record.committed || id == view.record.previous ||
         id == view.record.candidate || (view.desired != nullptr && id == view.desired->id) ||
         NamedToKeep(id);
}

bool Planner::Settled() const {
  if (!out_.actions.empty() || !out_.records.empty() || !in_.busy.empty()) return false;
  return std::all_of(views_.begin(), views_.end(),
                     [](const auto& entry) { return !entry.second.candidate; });
}

void Planner::LimitAndOrder() {
  std::stable_sort(out_.actions.begin(), out_.actions.end(),
                   [](const Action& a, const Action& b) { return a.kind < b.kind; });
  int starts = 0, pulls = 0;
  for (const auto& [key, kind] : in_.busy) {
    starts += IsStartOrStop(kind);
    pulls += kind == Action::Kind::kPullImage;
  }
  std::set<std::string> taken;
  std::vector<Action> allowed;
  for (Action& action : out_.actions) {
    if (!taken.insert(BusyKey(action)).second) continue;
    if (IsStartOrStop(action.kind) && ++starts > in_.limits.max_starts) continue;
    if (action.kind == Action::Kind::kPullImage && ++pulls > in_.limits.max_pulls) continue;
    allowed.push_back(std::move(action));
  }
  out_.actions = std::move(allowed);
}

PlanResult Planner::Run() {
  if (!in_.engine_known) return std::move(out_);
  BuildViews();
  BuildClaims();
  BuildGroups();
  for (auto& [key, view] : views_) {
    const SlotRecord before = view.record;
    if (view.desired != nullptr) {
      PlanSlot(view);
    } else if (view.removal != nullptr) {
      PlanRemoval(view);
    } else {
      PlanUnnamed(view);
    }
    if (view.record != before) out_.records.emplace(key, view.record);
  }
  PlanRemovedApps();
  out_.settled = Settled();
  LimitAndOrder();
  return std::move(out_);
}

PlanResult Plan(const PlanInput& input) { return Planner(input).Run(); }

}  // namespace quayside::agent
