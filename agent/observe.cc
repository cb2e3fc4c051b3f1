#include "agent/observe.h"

#include <algorithm>

#include "agent/labels.h"

namespace quayside::agent {
namespace {

// How long ago `stamp` was, never negative: the wall clock may have been set.
absl::Duration Age(absl::Time stamp, absl::Time wall) {
  return std::max(wall - stamp, absl::ZeroDuration());
}

Change ChangeOf(const Container& container, Change::Kind kind) {
  Change change;
  change.kind = kind;
  change.instance = container.identity.instance;
  change.slot = container.identity.slot;
  change.revision = container.identity.revision;
  change.exit_code = container.detail.exit_code;
  return change;
}

}  // namespace

void Observation::SetIdentity(const FleetId& fleet, const HostId& host) {
  if (fleet == fleet_ && host == host_) return;
  fleet_ = fleet;
  host_ = host;
  listed_ = false;
  awaited_.clear();
  containers_.clear();
  strays_.clear();
}

void Observation::Lose() {
  listed_ = false;
  awaited_.clear();
  for (auto& [id, container] : containers_) container.watched = false;
}

bool Observation::Ours(const std::map<std::string, std::string>& labels) const {
  const auto fleet = labels.find(kFleetLabel);
  const auto host = labels.find(kHostLabel);
  return !fleet_.empty() && fleet != labels.end() && fleet->second == fleet_.value &&
         host != labels.end() && host->second == host_.value;
}

std::vector<std::string> Observation::FoldList(const std::vector<ContainerRow>& rows, bool every,
                                               std::vector<Change>& changes) {
  std::vector<std::string> inspect;
  std::set<std::string> seen;
  strays_.clear();
  for (const ContainerRow& row : rows) {
    if (!Ours(row.labels)) {
      const auto fleet = row.labels.find(kFleetLabel);
      const auto host = row.labels.find(kHostLabel);
      const bool stray = !fleet_.empty() && fleet != row.labels.end() &&
                         fleet->second == fleet_.value && host != row.labels.end();
      if (stray) strays_[row.id] = row.name + " (" + host->second + ")";
      continue;
    }
    Identity identity;
    if (!ReadIdentity(row.labels, &identity)) continue;
    seen.insert(row.id);
    const auto known = containers_.find(identity.instance);
    const bool same = known != containers_.end() && known->second.detail.row == row;
    if (every || !same) inspect.push_back(row.id);
  }
  std::vector<std::string> gone;
  for (const auto& [id, container] : containers_) {
    if (!seen.contains(container.id())) gone.push_back(container.id());
  }
  for (const std::string& id : gone) changes.push_back(Forget(id));
  std::erase_if(awaited_, [&](const std::string& id) { return !seen.contains(id); });
  if (!listed_) awaited_ = std::set<std::string>(inspect.begin(), inspect.end());
  listed_ = true;
  return inspect;
}

Change Observation::FoldNew(Container container, MonoTime now, absl::Time wall) {
  container.exited_at = now;
  if (container.active()) {
    container.running_since = now - Age(container.detail.started_at, wall);
  }
  container.watched = listed_;
  container.was_armed = container.armed();
  const InstanceId id = container.identity.instance;
  containers_.insert_or_assign(id, std::move(container));
  return {};
}

Change Observation::FoldDetail(const ContainerDetail& detail, MonoTime now, absl::Time wall) {
  awaited_.erase(detail.row.id);
  Container fresh;
  fresh.detail = detail;
  if (!Ours(detail.row.labels) || !ReadIdentity(detail.row.labels, &fresh.identity)) return {};
  const auto found = containers_.find(fresh.identity.instance);
  if (found == containers_.end()) return FoldNew(std::move(fresh), now, wall);
  Container& known = found->second;
  if (known.id() != detail.row.id) {
    // Two containers with one instance label: ids of ours are never reused, so somebody copied the
    // labels. The one that runs counts.
    if (fresh.active() && !known.active()) return FoldNew(std::move(fresh), now, wall);
    return {};
  }
  const bool was_active = known.active();
  const bool end_was_seen = known.state() == ContainerState::kRestarting;
  const bool another_run = detail.started_at != known.detail.started_at;
  const MonoTime ran_since = known.running_since;
  const bool watched = known.watched;
  known.watched = listed_;
  const int restarts = std::max(0, detail.restart_count - known.detail.restart_count);
  known.detail = detail;
  known.was_armed = known.was_armed || known.armed();

  Change change = ChangeOf(known, Change::Kind::kNone);
  const bool ended = !known.active() && (was_active || (another_run && known.ever_ran()));
  if (ended) {
    known.exit_judged = watched && !known.kill_seen && !known.stopped_by_us;
    known.exited_at = now;
    change.kind = Change::Kind::kExited;
    change.exits = 1;
    change.ran = was_active ? now - ran_since : absl::ZeroDuration();
    change.judged = known.exit_judged;
  } else if (known.active()) {
    const bool began = !was_active || another_run;
    if (began) {
      known.running_since = now - Age(detail.started_at, wall);
      change.kind = Change::Kind::kStarted;
    }
    // The engine restarted it between two looks; in its back-off the end was counted already.
    const int least = another_run && !end_was_seen ? 1 : 0;
    if (was_active && std::max(least, restarts) > 0) {
      change.exits = std::max(least, restarts);
      change.ran = now - ran_since;
      change.judged = watched;
    }
  }
  return change;
}

Change Observation::FoldExit(const std::string& container, int32_t exit_code, MonoTime now,
                             absl::Time wall) {
  const auto found = containers_.find(FindById(container));
  if (found == containers_.end()) return {};
  ContainerDetail detail = found->second.detail;
  detail.row.state = ContainerState::kExited;
  detail.row.health = HealthState::kNone;
  detail.exit_code = exit_code;
  detail.finished_at = wall;
  detail.ports.clear();
  detail.addresses.clear();
  detail.pid = 0;
  return FoldDetail(detail, now, wall);
}

Change Observation::Forget(const std::string& container) {
  awaited_.erase(container);
  strays_.erase(container);
  for (auto it = containers_.begin(); it != containers_.end(); ++it) {
    if (it->second.id() != container) continue;
    Change change = ChangeOf(it->second, Change::Kind::kVanished);
    containers_.erase(it);
    return change;
  }
  return {};
}

InstanceId Observation::FindById(const std::string& container) const {
  for (const auto& [id, known] : containers_) {
    if (known.id() == container) return id;
  }
  return {};
}

void Observation::NoteKill(const std::string& container) {
  const auto found = containers_.find(FindById(container));
  if (found != containers_.end()) found->second.kill_seen = true;
}

void Observation::NoteStart(const std::string& container) {
  const auto found = containers_.find(FindById(container));
  if (found != containers_.end()) found->second.kill_seen = false;
}

void Observation::NoteStopOrdered(const InstanceId& instance) {
  const auto found = containers_.find(instance);
  if (found != containers_.end()) found->second.stopped_by_us = true;
}

void Observation::NoteStartOrdered(const InstanceId& instance, bool unhealthy) {
  const auto found = containers_.find(instance);
  if (found == containers_.end()) return;
  Container& container = found->second;
  if (container.exit_judged || unhealthy) ++container.agent_restarts;
  container.exit_judged = false;
  container.kill_seen = false;
  container.stopped_by_us = false;
}

void Observation::NotePolicy(const InstanceId& instance, ArmedPolicy policy) {
  const auto found = containers_.find(instance);
  if (found == containers_.end()) return;
  found->second.detail.policy = policy;
  found->second.was_armed = policy != ArmedPolicy::kNo;
}

std::vector<std::string> Observation::Strays() const {
  std::vector<std::string> names;
  for (const auto& [id, name] : strays_) names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace quayside::agent
