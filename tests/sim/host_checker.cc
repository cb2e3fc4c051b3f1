#include "tests/sim/host_checker.h"

#include <algorithm>
#include <utility>

#include "agent/container.h"
#include "agent/exclusive.h"
#include "agent/labels.h"
#include "agent/state.h"
#include "common/base/status.h"
#include "common/model/digest.h"
#include "common/wire/wire.h"

namespace quayside::sim {
namespace {

using agent::ArmedPolicy;
using agent::ContainerState;

bool Active(const agent::fake::FakeContainer& container) {
  return container.running() || container.state == ContainerState::kRestarting;
}

std::string LabelOf(const std::map<std::string, std::string>& labels, const char* key) {
  const auto it = labels.find(key);
  return it == labels.end() ? "" : it->second;
}

template <typename... Ts>
struct Overload : Ts... {
  using Ts::operator()...;
};

}  // namespace

bool Changes(const agent::EngineCall& call) {
  return std::visit(
      Overload{[](const agent::GetFacts&) { return false; },
               [](const agent::ListContainers&) { return false; },
               [](const agent::InspectContainer&) { return false; },
               [](const agent::InspectImage&) { return false; },
               [](const agent::ListImages&) { return false; },
               [](const agent::ListVolumes&) { return false; },
               [](const agent::ListNetworks&) { return false; },
               [](const agent::ReadLogs&) { return false; }, [](const auto&) { return true; }},
      call);
}

std::string ContainerOf(const agent::EngineCall& call) {
  return std::visit(
      [](const auto& c) -> std::string {
        if constexpr (requires { c.container; }) {
          return c.container;
        } else {
          return "";
        }
      },
      call);
}

HostChecker::HostChecker(World& world, std::string name, agent::fake::FakeDocker& docker,
                         MemoryFileStore& files)
    : world_(world), name_(std::move(name)), docker_(docker), files_(files) {}

void HostChecker::Violate(const std::string& rule, const std::string& text) {
  world_.Violate(rule, name_ + ": " + text);
}

// ---- what the agent writes down ----

void HostChecker::OnFile(std::string_view name) {
  if (name == "assignment") LoadAssignment();
  if (name.substr(0, 6) == "slots/") LoadRecords();
}

void HostChecker::LoadAssignment() {
  const auto loaded = agent::State(files_).Load();
  if (!loaded.ok() || !loaded->assignment) return;
  if (loaded->assignment->epoch == enforced_.epoch &&
      loaded->assignment->generation < enforced_.generation) {
    Violate("R2", "generation " + std::to_string(loaded->assignment->generation) +
                      " is stored after " + std::to_string(enforced_.generation));
  }
  enforced_ = *loaded->assignment;
  for (const auto& [digest, spec] : enforced_.specs) {
    const auto bytes = enforced_.received.bytes.find(digest);
    const std::string text =
        bytes == enforced_.received.bytes.end() ? wire::EncodeSpec(spec) : bytes->second;
    if (Sha256Digest(text) != digest.value) {
      Violate("R25", "the stored bytes of spec " + digest.value + " have another digest");
    }
  }
  // What is not run here any more needs no way back.
  std::erase_if(ways_back_, [this](const auto& entry) {
    const Instance* desired = Desired(entry.first);
    return desired == nullptr || desired->intent != Intent::kRun || Removed(entry.first);
  });
}

void HostChecker::LoadRecords() {
  const auto loaded = agent::State(files_).Load();
  if (!loaded.ok()) return;
  records_ = loaded->records;
  previous_.clear();
  for (const auto& [slot, record] : loaded->records) {
    previous_.insert(record.previous);
    previous_.insert(record.committed);
    if (record.committed.empty() || !committed_[slot].insert(record.committed).second) continue;
    world_.Trace(name_ + " committed " + record.committed.value + " in " + ToString(slot));
    const Instance* desired = Desired(slot);
    if (desired != nullptr && desired->intent == Intent::kRun && !Removed(slot)) {
      std::set<InstanceId>& ways = ways_back_[slot];
      ways.insert(record.committed);
      // Proven, but somebody took its image away before that was written: none is asked for.
      for (const Ours& ours : FindOurs()) {
        const bool pruned = !docker_.images().contains(ours.container->plan.spec.image);
        if (ours.instance == record.committed && pruned) ways.clear();
      }
    }
  }
}

const Instance* HostChecker::Desired(const SlotKey& slot) const {
  for (const Instance& instance : enforced_.instances) {
    if (instance.slot == slot) return &instance;
  }
  return nullptr;
}

bool HostChecker::Removed(const SlotKey& slot) const {
  for (const Removal& removal : enforced_.removals) {
    if (removal.app != slot.app) continue;
    if (removal.service.empty()) return true;
    if (removal.service == slot.service && removal.slot == slot.slot) return true;
  }
  return false;
}

// ---- containers ----

std::optional<HostChecker::Ours> HostChecker::FindOurs(const std::string& container) const {
  const agent::fake::FakeContainer* found = docker_.Find(container);
  if (found == nullptr || foreign_.contains(found->id)) return std::nullopt;
  agent::Identity identity;
  if (!agent::ReadIdentity(found->plan.labels, &identity)) return std::nullopt;
  return Ours{found, identity.slot, identity.instance};
}

std::vector<HostChecker::Ours> HostChecker::FindOurs() const {
  std::vector<Ours> ours;
  for (const auto& [id, container] : docker_.containers()) {
    if (auto found = FindOurs(id)) ours.push_back(*found);
  }
  return ours;
}

std::map<std::string, InstanceId> HostChecker::OurContainers() const {
  std::map<std::string, InstanceId> ids;
  for (const Ours& ours : FindOurs()) ids.emplace(ours.container->id, ours.instance);
  return ids;
}

void HostChecker::ForgetContainer(const std::string& id) {
  if (const auto ours = FindOurs(id)) Forget(*ours);
}

void HostChecker::ForgetImage(const std::string& image) {
  for (const Ours& ours : FindOurs()) {
    if (ours.container->plan.spec.image != image) continue;
    // The one before the committed one goes when its rollout has succeeded, whatever became of this
    // image: none is asked for until there is another.
    const auto record = records_.find(ours.slot);
    const bool committed = record != records_.end() && record->second.committed == ours.instance;
    if (committed) ways_back_[ours.slot].clear();
    Forget(ours);
  }
}

// When that was the last way back of its slot, none is asked for until there is another.
void HostChecker::Forget(const Ours& lost) {
  std::set<InstanceId>& ways = ways_back_[lost.slot];
  ways.erase(lost.instance);
  if (!HasWayBack(lost.slot, ways, FindOurs())) ways.clear();
}

// ---- calls ----

void HostChecker::OnEvent(const agent::EngineEvent& event) {
  if (event.kind == agent::EngineEvent::Kind::kConnected) engine_known_ = true;
  if (event.kind == agent::EngineEvent::Kind::kDisconnected) engine_known_ = false;
}

void HostChecker::OnCall(const agent::EngineCall& call) {
  if (!Changes(call)) return;
  world_.Trace(name_ + " " + Describe(call));
  if (!engine_known_) {
    Violate("R10", "the agent asks for `" + Describe(call) + "` while its engine is unknown");
  }
  const std::string container = ContainerOf(call);
  const agent::fake::FakeContainer* found = docker_.Find(container);
  if (found != nullptr && foreign_.contains(found->id)) {
    Violate("R11", "`" + Describe(call) + "` touches a container that is not ours");
  }
  if (const auto* pull = std::get_if<agent::PullImage>(&call)) {
    if (pull->image.find("@sha256:") == std::string::npos) {
      Violate("R17", "a pull without a digest: " + pull->image);
    }
  }
  if (const auto* remove = std::get_if<agent::RemoveImage>(&call)) CheckRemoveImage(remove->image);
  if (const auto* create = std::get_if<agent::CreateContainer>(&call)) CheckCreate(*create);
  const auto ours = container.empty() ? std::nullopt : FindOurs(container);
  if (!ours) return;
  if (std::holds_alternative<agent::StopContainer>(call)) CheckStop(*ours);
  if (std::holds_alternative<agent::RemoveContainer>(call)) CheckRemove(*ours);
}

void HostChecker::CheckNamed(const Ours& container, const std::string& doing) {
  if (Desired(container.slot) != nullptr || Removed(container.slot)) return;
  Violate("R6", "the agent " + doing + " " + container.instance.value + " of " +
                    ToString(container.slot) + ", which no removal names");
}

void HostChecker::CheckStop(const Ours& stopped) {
  CheckNamed(stopped, "stops");
  const Instance* desired = Desired(stopped.slot);
  if (desired == nullptr || desired->id == stopped.instance || Removed(stopped.slot)) return;
  if (desired->intent != Intent::kRun || !Active(*stopped.container)) return;
  // A candidate that was never proven may be given up at once.
  const auto committed = committed_.find(stopped.slot);
  if (committed == committed_.end() || !committed->second.contains(stopped.instance)) return;
  if (HasSuccessor(stopped)) return;  // the replacement before this one is finished
  // The desired one was tried and failed: this one is what the slot has, and is healed.
  const auto record = records_.find(stopped.slot);
  if (record != records_.end() && FindVerdict(record->second, desired->id) != nullptr) return;
  const auto spec = enforced_.specs.find(desired->spec);
  if (spec == enforced_.specs.end() || docker_.images().contains(spec->second.image)) return;
  // Its container was made when the image was there, and needs it no more to start.
  for (const Ours& ours : FindOurs()) {
    if (ours.instance == desired->id) return;
  }
  Violate("R12", "the agent stops " + stopped.instance.value + " of " + ToString(stopped.slot) +
                     " before the image of " + desired->id.value + " is local");
}

bool HostChecker::HasSuccessor(const Ours& old) const {
  const auto record = records_.find(old.slot);
  if (record == records_.end() || record->second.committed == old.instance) return false;
  const std::vector<Ours> ours = FindOurs();
  return std::any_of(ours.begin(), ours.end(), [&](const Ours& other) {
    return other.slot == old.slot && other.instance == record->second.committed;
  });
}

void HostChecker::CheckRemove(const Ours& removed) {
  CheckNamed(removed, "removes");
  if (Removed(removed.slot)) return;
  const auto committed = committed_.find(removed.slot);
  const bool was_proven =
      committed != committed_.end() && committed->second.contains(removed.instance);
  const Instance* desired = Desired(removed.slot);
  const bool is_desired = desired != nullptr && desired->id == removed.instance;
  bool is_kept = false;
  for (const InstanceId& id : enforced_.keep) is_kept = is_kept || id == removed.instance;
  if (was_proven && (is_desired || is_kept)) {
    Violate("R12", "the agent removes " + removed.instance.value + " of " + ToString(removed.slot) +
                       ", which is " + (is_kept ? "kept" : "desired"));
  }
}

void HostChecker::CheckCreate(const agent::CreateContainer& create) {
  if (create.plan.policy != ArmedPolicy::kNo) {
    Violate("R13", "container " + create.plan.name + " is created armed");
  }
  const std::string instance = LabelOf(create.plan.labels, agent::kInstanceLabel);
  for (const Ours& ours : FindOurs()) {
    if (ours.instance.value == instance) {
      Violate("R14", "a second container is created for instance " + instance);
    }
  }
}

void HostChecker::CheckRemoveImage(const std::string& image) {
  for (const auto& [digest, spec] : enforced_.specs) {
    if (spec.image != image) continue;
    for (const Instance& instance : enforced_.instances) {
      if (instance.spec == digest) {
        Violate("R17", "the image " + image + " is removed, which " + instance.id.value + " needs");
      }
    }
  }
  for (const auto& [id, container] : docker_.containers()) {
    if (container.plan.spec.image == image) {
      Violate("R17",
              "the image " + image + " is removed, which container " + container.name + " needs");
    }
  }
}

// ---- every instant ----

void HostChecker::OnChange() {
  const std::vector<Ours> ours = FindOurs();
  CheckExclusive(ours);
  CheckArmed(ours);
  CheckWayBack(ours);
}

void HostChecker::CheckExclusive(const std::vector<Ours>& ours) {
  for (size_t i = 0; i < ours.size(); ++i) {
    if (!Active(*ours[i].container)) continue;
    const agent::Claims mine =
        agent::ClaimsOf(ours[i].container->plan.spec, ours[i].container->image.volumes);
    for (size_t j = i + 1; j < ours.size(); ++j) {
      if (!Active(*ours[j].container)) continue;
      const agent::Claims theirs =
          agent::ClaimsOf(ours[j].container->plan.spec, ours[j].container->image.volumes);
      const std::string both =
          ours[i].instance.value + " and " + ours[j].instance.value + " run together ";
      const std::string clash = agent::Clash(mine, theirs);
      if (!clash.empty()) Violate("R15", both + "with " + clash);
      if (ours[i].slot == ours[j].slot && (mine.slot_bound || theirs.slot_bound)) {
        Violate("R15", both + "in " + ToString(ours[i].slot) + ", which has " +
                           (mine.slot_bound ? mine.slot_bound_by : theirs.slot_bound_by));
      }
    }
  }
}

void HostChecker::CheckArmed(const std::vector<Ours>& ours) {
  for (const Ours& container : ours) {
    if (container.container->policy == ArmedPolicy::kNo) continue;
    const auto committed = committed_.find(container.slot);
    if (committed == committed_.end() || !committed->second.contains(container.instance)) {
      Violate("R13", container.instance.value + " of " + ToString(container.slot) +
                         " is armed, but was never committed");
    }
  }
}

bool HostChecker::HasWayBack(const SlotKey& slot, const std::set<InstanceId>& ways,
                             const std::vector<Ours>& ours) const {
  for (const Ours& container : ours) {
    if (container.slot == slot && ways.contains(container.instance) &&
        docker_.images().contains(container.container->plan.spec.image)) {
      return true;
    }
  }
  return false;
}

void HostChecker::CheckWayBack(const std::vector<Ours>& ours) {
  for (const auto& [slot, ways] : ways_back_) {
    if (ways.empty() || HasWayBack(slot, ways, ours)) continue;
    Violate("R15", ToString(slot) +
                       " has neither a committed container nor a previous one that "
                       "could be started");
  }
}

// ---- decorators ----

absl::Status WatchedFiles::Write(std::string_view name, std::string_view content) {
  const absl::Status written = files_.Write(name, content);
  if (written.ok()) checker_.OnFile(name);
  return written;
}

absl::Status WatchedFiles::Remove(std::string_view name) {
  const absl::Status removed = files_.Remove(name);
  if (removed.ok()) checker_.OnFile(name);
  return removed;
}

}  // namespace quayside::sim
