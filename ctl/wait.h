// Waiting for a change to be proven: what `apply`, `deploy`, `scale` … do after the controller has
// recorded it. Shows progress on `err`, the result on `out`; survives a restart of the controller.
// One thread.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ctl/session.h"

namespace quayside::ctl {

// What to wait for.
struct Change {
  std::string app;
  std::string rollout;   // "" with `removal`: there may be none
  int64_t revision = 0;  // 0 = none
  bool removal = false;  // wait until the app is gone
};

// The exit code: 0 proven, 1 it ended otherwise, 4 still in progress at --timeout.
absl::StatusOr<int> WaitFor(Session& s, const Change& change);

// After a mutating call: says its warnings, returns at once for `nothing to do` and --detach, else
// waits.
absl::StatusOr<int> Finish(Session& s, const std::string& app, const v1::ChangeReply& reply,
                           bool removal = false);

// Every instance that matches, from all pages.
absl::StatusOr<std::vector<v1::InstanceRow>> ListInstances(Session& s,
                                                           v1::ListInstancesRequest request);

// True when the answer is to be a document (-o json or yaml).
bool WantsDocument(const Session& s);
// Writes `json` to `out` as -o says.
void PrintDocument(Session& s, const std::string& json);

}  // namespace quayside::ctl
