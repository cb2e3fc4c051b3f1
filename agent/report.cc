#include "agent/report.h"

#include <algorithm>
#include <tuple>

namespace quayside::agent {
namespace {

struct Sources {
  const PlanInput& input;
  const std::map<InstanceId, Waiting>& waiting;
};

const SlotRecord* RecordOf(const PlanInput& input, const SlotKey& slot) {
  const auto found = input.records.find(slot);
  return found == input.records.end() ? nullptr : &found->second;
}

void DescribeExited(const Container& container, const SlotRecord* record, InstanceStatus& status) {
  const bool committed = record != nullptr && record->committed == status.id;
  if (committed && record->completed) {
    status.state = InstanceState::kCompleted;
    status.proven = true;
    status.reason = "ended with exit code 0, as its restart policy lets it";
  } else if (!container.ever_ran()) {
    status.state = InstanceState::kPending;
  } else if (status.retired || container.stopped_by_us) {
    status.state = InstanceState::kStopped;
  } else {
    status.state = InstanceState::kExited;
    status.failure = FailureKind::kApplication;
    status.reason = "exited with code " + std::to_string(container.detail.exit_code);
  }
  if (!container.detail.error.empty() && status.reason.empty()) {
    status.reason = container.detail.error;
  }
}

void DescribeContainer(const Sources& from, const Container& container, InstanceStatus& status) {
  const ContainerDetail& detail = container.detail;
  const SlotRecord* record = RecordOf(from.input, status.slot);
  status.revision = container.identity.revision;
  status.spec = container.identity.spec;
  status.image = detail.image;
  status.container = detail.row.id;
  status.restarts = detail.restart_count + container.agent_restarts;
  status.exit_code = detail.exit_code;
  status.oom_killed = detail.oom_killed;
  if (!container.active()) return DescribeExited(container, record, status);
  status.ports = detail.ports;
  if (container.state() != ContainerState::kRunning) {
    status.state = InstanceState::kExited;
    if (container.state() == ContainerState::kPaused) status.reason = "it is paused";
    return;
  }
  const auto health = from.input.health.find(status.id);
  if (health == from.input.health.end()) {
    status.state = InstanceState::kRunning;
    return;
  }
  status.state = health->second.state;
  status.uptime_only = health->second.uptime_only;
  status.reason = health->second.reason;
  status.proven = health->second.proven && record != nullptr && record->committed == status.id;
}

// A failed instance has come to rest when it is stopped and its last lines were read: whoever waits
// for the end of going back then knows that nothing of it runs, and can show them. Of one that is
// desired no more nobody reads them.
bool IsAtRest(const Sources& from, const InstanceStatus& status, const Verdict& verdict) {
  const auto found = from.input.containers.find(status.id);
  if (found == from.input.containers.end()) return true;
  const Container& container = found->second;
  return !container.active() &&
         (status.retired || !container.ever_ran() || !verdict.log_tail.empty() ||
          from.input.logs_read.contains(status.id));
}

// What is under way, and the verdict, come before what was observed.
void DescribeProgress(const Sources& from, InstanceStatus& status) {
  if (const auto waits = from.waiting.find(status.id); waits != from.waiting.end()) {
    status.state = waits->second.state;
    status.failure = waits->second.failure;
    if (!waits->second.reason.empty()) status.reason = waits->second.reason;
  }
  const auto busy = from.input.busy.find(BusyKeyOfInstance(status.id));
  if (busy != from.input.busy.end()) {
    if (busy->second == Action::Kind::kStop) status.state = InstanceState::kStopping;
    if (busy->second == Action::Kind::kStart) status.state = InstanceState::kStarting;
    if (busy->second == Action::Kind::kCreate) status.state = InstanceState::kCreating;
  }
  const SlotRecord* record = RecordOf(from.input, status.slot);
  const Verdict* verdict = record == nullptr ? nullptr : FindVerdict(*record, status.id);
  if (verdict == nullptr) return;
  status.state =
      IsAtRest(from, status, *verdict) ? InstanceState::kFailed : InstanceState::kStopping;
  status.proven = false;
  status.verdict = true;
  status.failure = FailureKind::kApplication;
  status.reason = verdict->reason;
  status.log_tail = verdict->log_tail;
  if (verdict->exit_code != 0) status.exit_code = verdict->exit_code;
  status.oom_killed = status.oom_killed || verdict->oom_killed;
}

// A replacement is not done while another container of the slot still runs.
void AwaitOthers(const PlanInput& input, InstanceStatus& status) {
  if (!status.proven) return;
  const bool other_runs =
      std::any_of(input.containers.begin(), input.containers.end(), [&](const auto& entry) {
        return entry.first != status.id && entry.second.identity.slot == status.slot &&
               entry.second.active();
      });
  if (!other_runs) return;
  status.proven = false;
  status.reason = "proven when the other container of its slot has stopped";
}

}  // namespace

std::vector<InstanceStatus> StatusOf(const PlanInput& input,
                                     const std::map<InstanceId, Waiting>& waiting) {
  const Sources from{.input = input, .waiting = waiting};
  std::vector<InstanceStatus> statuses;
  std::set<InstanceId> desired;
  for (const Instance& instance : input.assignment.instances) {
    desired.insert(instance.id);
    InstanceStatus status;
    status.id = instance.id;
    status.slot = instance.slot;
    status.spec = instance.spec;
    status.revision = instance.revision;
    status.state = InstanceState::kPending;
    const auto container = input.containers.find(instance.id);
    if (container != input.containers.end()) DescribeContainer(from, container->second, status);
    const SlotRecord* record = RecordOf(input, instance.slot);
    if (container == input.containers.end() && record != nullptr && record->completed &&
        record->committed == instance.id) {
      status.state = InstanceState::kCompleted;
      status.proven = true;
    }
    DescribeProgress(from, status);
    AwaitOthers(input, status);
    if (!input.engine_known) {
      status.state = InstanceState::kUnknown;
      status.failure = FailureKind::kInfrastructure;
      status.reason = "the container engine cannot be asked";
    }
    statuses.push_back(std::move(status));
  }
  for (const auto& [id, container] : input.containers) {
    if (desired.contains(id)) continue;
    InstanceStatus status;
    status.id = id;
    status.slot = container.identity.slot;
    status.retired = true;
    DescribeContainer(from, container, status);
    DescribeProgress(from, status);
    if (!input.engine_known) status.state = InstanceState::kUnknown;
    statuses.push_back(std::move(status));
  }
  std::sort(statuses.begin(), statuses.end(), [](const InstanceStatus& a, const InstanceStatus& b) {
    return std::tie(a.slot, a.id) < std::tie(b.slot, b.id);
  });
  return statuses;
}

}  // namespace quayside::agent
