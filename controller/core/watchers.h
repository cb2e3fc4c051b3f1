// Watchers are callers that want to hear of changes: the latest status of an app, and events as
// they are stored. Told after each commit that concerns them; what they do must not block. Core
// thread. Limit: 256 at a time; what a slow one misses is the caller's (requests.h, Watcher).
#pragma once

#include <map>
#include <set>
#include <vector>

#include "absl/status/status.h"
#include "controller/core/requests.h"

namespace quayside::controller {

class Watchers {
 public:
  // kResourceExhausted when there are too many.
  absl::Status Add(uint64_t id, Watcher watcher);
  void Remove(uint64_t id) { watchers_.erase(id); }

  // Apps whose status somebody watches, among `apps`.
  std::set<AppName> WatchedAmong(const std::set<AppName>& apps) const;
  void TellStatus(const AppStatusView& status);
  void TellEvents(const std::vector<EventRow>& events);
  // The events that one watcher asked to begin with.
  void TellEventsTo(uint64_t id, const std::vector<EventRow>& events);
  void TellStatusTo(uint64_t id, const AppStatusView& status);

 private:
  struct Entry {
    Watcher watcher;
    std::optional<AppStatusView> told;
  };
  static void Tell(Entry& entry, const AppStatusView& status);
  static void Tell(const Entry& entry, const EventRow& event);
  std::map<uint64_t, Entry> watchers_;
};

}  // namespace quayside::controller
