#include "tests/sim/model_checker.h"

#include <utility>

#include "common/base/status.h"
#include "common/model/digest.h"
#include "common/wire/wire.h"

namespace quayside::sim {
namespace {

using controller::Model;
using controller::RolloutRow;
using controller::RolloutState;

// How late a rollout's deadline may be acted on.
constexpr absl::Duration kDeadlineSlack = absl::Seconds(60);
// A restarted core first waits for the hosts (R5).
constexpr absl::Duration kStartGrace = absl::Seconds(180);

std::string Describe(const Instance& instance) {
  return instance.id.value + "|" + ToString(instance.slot) + "|" + instance.spec.value + "|" +
         std::to_string(static_cast<int>(instance.intent)) + "|" +
         std::to_string(instance.revision) + "\n";
}

// The rows that make each host's Assignment, as text.
std::map<HostId, std::string> RowsByHost(const Model& model) {
  std::map<HostId, std::string> rows;
  for (const auto& [id, row] : model.instances.rows()) {
    rows[row.desired.host] += Describe(row.desired);
  }
  for (const auto& [id, row] : model.kept.rows()) {
    rows[row.instance.desired.host] += "keep " + id.value + "\n";
  }
  for (const auto& [key, row] : model.removals.rows()) {
    rows[key.first] += "remove " + ToString(key.second) + "\n";
  }
  return rows;
}

}  // namespace

void ModelChecker::OnTurn(const Model& model, MonoTime up_since) {
  CheckGenerations(model);
  CheckRollouts(model, up_since);
  CheckSpecs(model);
  CheckBindings(model);
  CheckAcknowledged(model);
}

void ModelChecker::CheckGenerations(const Model& model) {
  std::map<HostId, std::string> rows = RowsByHost(model);
  for (const auto& [id, host] : model.hosts.rows()) {
    HostView now{host.generation, rows[id]};
    const auto before = hosts_.find(id);
    if (before != hosts_.end()) {
      if (now.generation < before->second.generation) {
        world_.Violate("R2", "the generation of " + host.name + " falls from " +
                                 std::to_string(before->second.generation) + " to " +
                                 std::to_string(now.generation));
      }
      if (now.generation == before->second.generation && now.rows != before->second.rows) {
        world_.Violate("R2", "the rows of " + host.name + " change, its generation stays " +
                                 std::to_string(now.generation) + ":\n" + before->second.rows +
                                 "--\n" + now.rows);
      }
    }
    hosts_[id] = std::move(now);
  }
}

void ModelChecker::CheckRollouts(const Model& model, MonoTime up_since) {
  for (const auto& [id, rollout] : model.rollouts.rows()) {
    const auto [known, fresh] = rollouts_.try_emplace(id, rollout.state);
    if (fresh || known->second != rollout.state) {
      world_.Trace("rollout of " + rollout.app.value + " to " + std::to_string(rollout.to) + ": " +
                   std::string(controller::ToString(rollout.state)) + " " + rollout.reason);
      known->second = rollout.state;
    }
    if (controller::Ended(rollout.state) || rollout.state == RolloutState::kPaused) continue;
    const std::string name = "the rollout of " + rollout.app.value + " to revision " +
                             std::to_string(rollout.to) + ", " +
                             std::string(controller::ToString(rollout.state));
    if (rollout.deadline == absl::InfiniteFuture() || rollout.deadline == absl::InfinitePast() ||
        rollout.deadline == absl::UnixEpoch()) {
      world_.Violate("R19", name + ", has no deadline");
    }
    if (world_.Now() - up_since > kStartGrace &&
        world_.Wall() > rollout.deadline + kDeadlineSlack) {
      world_.Violate("R19", name + ", lives past its deadline");
    }
  }
}

void ModelChecker::CheckSpecs(const Model& model) {
  for (const auto& [digest, row] : model.specs.rows()) {
    if (!known_specs_.insert(digest).second) continue;
    if (Sha256Digest(row.bytes) != digest.value) {
      world_.Violate("R25", "the bytes of spec " + digest.value + " have another digest");
    }
  }
}

void ModelChecker::CheckBindings(const Model& model) {
  for (const auto& [slot, row] : model.bindings.rows()) {
    if (moved_.contains(slot)) continue;
    const auto [known, fresh] = bindings_.try_emplace(slot, row.host);
    if (!fresh && known->second != row.host) {
      world_.Violate("R26", ToString(slot) + " moves to another host, and nobody asked for it");
    }
  }
  // A binding ends with its app or slot; a new one may choose anew.
  std::erase_if(bindings_, [&](const auto& entry) {
    return moved_.contains(entry.first) || model.bindings.Find(entry.first) == nullptr;
  });
  for (const auto& [id, row] : model.instances.rows()) {
    const auto bound = bindings_.find(row.desired.slot);
    if (bound != bindings_.end() && bound->second != row.desired.host) {
      world_.Violate("R26", id.value + " of the bound slot " + ToString(row.desired.slot) +
                                " is on another host");
    }
  }
}

void ModelChecker::CheckAcknowledged(const Model& model) {
  for (const auto& [name, revision] : acknowledged_) {
    if (removing_.contains(name)) continue;
    const controller::AppRow* app = model.apps.Find(name);
    if (app == nullptr || app->newest_revision < revision) {
      world_.Violate("R27", "revision " + std::to_string(revision) + " of " + name.value +
                                " was acknowledged and is gone");
    }
  }
}

void ModelChecker::OnOffer(const Assignment& assignment) {
  const std::string bytes = wire::EncodeAssignment(assignment);
  const auto [known, fresh] = offered_.try_emplace({assignment.host, assignment.generation}, bytes);
  if (!fresh && known->second != bytes) {
    world_.Violate("R2", "two Assignments of generation " + std::to_string(assignment.generation) +
                             " for " + assignment.host.value + " differ");
  }
}

void ModelChecker::OnRemoveAnswered(const AppName& app) {
  removing_.erase(app);
  acknowledged_.erase(app);
}

void ModelChecker::OnAcknowledged(const AppName& app, int64_t revision) {
  if (removing_.contains(app)) return;
  int64_t& known = acknowledged_[app];
  known = std::max(known, revision);
}

}  // namespace quayside::sim
