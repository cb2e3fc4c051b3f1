// Presence says whether a host can be reached, from what its sessions told. Never stored: a
// controller that starts knows nothing of any host, and says so (`unknown`) instead of guessing.
// Pure, monotonic time only (R5). Called by the core thread.
#pragma once

#include <optional>
#include <string_view>

#include "common/base/mono_time.h"

namespace quayside::controller {

enum class Presence {
  kUnknown,  // since the controller started, this host has not reported; nothing is concluded
  kReady,    // a session that has reported, and its lease runs
  kAway,     // no session, but the lease has not run out
  kLost,     // the lease has run out
};
std::string_view ToString(Presence presence);

struct PresenceFacts {
  bool connected = false;  // a session is open
  bool reported = false;   // a Report came in this session
  // When anything was heard last; absent = never since the controller started.
  std::optional<MonoTime> last_heard;
};

struct PresenceRules {
  MonoTime started_at;         // of the controller
  absl::Duration start_grace;  // max(2 × lease, 120 s)
  absl::Duration lease;
};

Presence DecidePresence(const PresenceFacts& facts, const PresenceRules& rules, MonoTime now);

// When the answer changes next if nothing is heard until then; Never when it does not.
MonoTime NextPresenceChange(const PresenceFacts& facts, const PresenceRules& rules, MonoTime now);

}  // namespace quayside::controller
