// Admission bounds how many sessions may begin per second, in all and per host, so that a storm
// after a restart is worked off instead of collapsing under its own handshakes, and one agent that
// restarts in a loop costs nothing. A value; the caller locks and brings `now`.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/base/clock.h"

namespace quayside::controller {

struct AdmissionOptions {
  double hellos_per_second = 1'000;
  double burst = 2'000;
  // Per host name: more than this many sessions in the window are told to wait.
  int host_sessions = 3;
  absl::Duration host_window = absl::Seconds(8);
};

struct Admitted {
  // Zero = come in; else how long the agent should stay away at least.
  absl::Duration wait;
  // When it is to wait: for people, why.
  std::string reason;
  bool operator==(const Admitted&) const = default;
};

class Admission {
 public:
  explicit Admission(AdmissionOptions options) : options_(options), tokens_(options.burst) {}

  // May `host` begin a session? The host's own limit is looked at first.
  Admitted Ask(const std::string& host, MonoTime now);

  // Forgets hosts whose window has passed. Call every few seconds.
  void Expire(MonoTime now);

 private:
  AdmissionOptions options_;
  double tokens_;
  double waiting_ = 0;  // told to wait since the bucket was last full: they are spread over time
  MonoTime refilled_at_;
  bool refilled_ = false;
  std::map<std::string, std::vector<MonoTime>> recent_;
};

}  // namespace quayside::controller
