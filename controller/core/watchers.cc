#include "controller/core/watchers.h"

#include "common/base/status.h"

namespace quayside::controller {
namespace {

constexpr size_t kMaxWatchers = 256;

}  // namespace

absl::Status Watchers::Add(uint64_t id, Watcher watcher) {
  if (watchers_.size() >= kMaxWatchers) {
    return ResourceExhausted("cannot watch: " + std::to_string(kMaxWatchers) +
                             " others watch already; end one of them");
  }
  watchers_[id] = {std::move(watcher), std::nullopt};
  return absl::OkStatus();
}

std::set<AppName> Watchers::WatchedAmong(const std::set<AppName>& apps) const {
  std::set<AppName> watched;
  for (const auto& [id, entry] : watchers_) {
    const AppName app(entry.watcher.app);
    if (!app.empty() && apps.contains(app)) watched.insert(app);
  }
  return watched;
}

void Watchers::Tell(Entry& entry, const AppStatusView& status) {
  if (entry.told == status) return;
  entry.told = status;
  entry.watcher.changed(status);
}

void Watchers::Tell(const Entry& entry, const EventRow& event) {
  const Watcher& watcher = entry.watcher;
  if (!watcher.events) return;
  if (!watcher.event_app.empty() && event.app.value != watcher.event_app) return;
  if (!watcher.event_host.empty() && event.host != watcher.event_host) return;
  watcher.event(event);
}

void Watchers::TellStatus(const AppStatusView& status) {
  for (auto& [id, entry] : watchers_) {
    if (entry.watcher.app == status.app.value) Tell(entry, status);
  }
}

void Watchers::TellStatusTo(uint64_t id, const AppStatusView& status) {
  const auto it = watchers_.find(id);
  if (it != watchers_.end()) Tell(it->second, status);
}

void Watchers::TellEvents(const std::vector<EventRow>& events) {
  for (const auto& [id, entry] : watchers_) {
    for (const EventRow& event : events) Tell(entry, event);
  }
}

void Watchers::TellEventsTo(uint64_t id, const std::vector<EventRow>& events) {
  const auto it = watchers_.find(id);
  if (it == watchers_.end()) return;
  for (const EventRow& event : events) Tell(it->second, event);
}

}  // namespace quayside::controller
