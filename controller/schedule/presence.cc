#include "controller/schedule/presence.h"

namespace quayside::controller {

std::string_view ToString(Presence presence) {
  switch (presence) {
    case Presence::kUnknown:
      return "unknown";
    case Presence::kReady:
      return "ready";
    case Presence::kAway:
      return "away";
    case Presence::kLost:
      return "lost";
  }
  return "unknown";
}

Presence DecidePresence(const PresenceFacts& facts, const PresenceRules& rules, MonoTime now) {
  if (!facts.last_heard.has_value()) {
    // Not heard of since the start: unknown until the grace is over, then its lease is long gone.
    return now < rules.started_at + rules.start_grace ? Presence::kUnknown : Presence::kLost;
  }
  if (now >= *facts.last_heard + rules.lease) return Presence::kLost;
  if (!facts.connected) return Presence::kAway;
  return facts.reported ? Presence::kReady : Presence::kUnknown;
}

MonoTime NextPresenceChange(const PresenceFacts& facts, const PresenceRules& rules, MonoTime now) {
  const MonoTime at = facts.last_heard.has_value() ? *facts.last_heard + rules.lease
                                                   : rules.started_at + rules.start_grace;
  return at > now ? at : MonoTime::Never();
}

}  // namespace quayside::controller
