// Sessions is what the controller knows of its agents' streams: who is connected, when each was
// heard last, what each was offered and has had committed. Never stored (presence.h): after a start
// it is empty. It knows whose presence may have changed, so that a turn costs what happened in it
// and not the size of the fleet. Core thread. Constant memory per host (R8).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "controller/core/core.h"
#include "controller/schedule/presence.h"

namespace quayside::controller {

struct Session {
  SessionId id = 0;
  uint64_t ordinal = 0;  // grows with each session of its host
  std::string machine_id, process_nonce;
  bool duplicate_told = false;  // that another machine has the same identity
  // The generation that the agent is known to have or to be about to have, in our epoch; -1 = none.
  int64_t offered = -1;
  // How often in a row it could not store what it was offered, and after how many heartbeats that
  // is offered again; 0 = not at all.
  int refusals = 0;
  int offer_again_in = 0;
  // Sequences of the newest Report and HostEvent that were taken (R9), and that are durable.
  uint64_t taken_report = 0, committed_report = 0;
  uint64_t taken_event = 0, committed_event = 0;
  // Report.vacated_slots of the newest Report, when it was about this generation; 0 = of none.
  int64_t vacated_generation = 0;
  std::set<SlotKey> vacated_slots;
};

struct HostPresence {
  std::optional<Session> session;
  PresenceFacts facts;
  Presence shown = Presence::kUnknown;  // what was last concluded, so that changes become events
  bool told_gone = false;               // the last event of its presence says that it is not here
  uint64_t last_ordinal = 0;
  // When it went away (or was found lost); absent when it is ready, or was not heard of yet.
  std::optional<MonoTime> lost_at;
  // When time alone may change its presence, or earlier; Never = it is not waited for.
  MonoTime look_at = MonoTime::Never();
};

class Sessions {
 public:
  void Configure(const PresenceRules& rules) { rules_ = rules; }
  const PresenceRules& rules() const { return rules_; }

  // A host of the fleet, heard of or not: its presence is watched from now on.
  void Expect(const HostId& host) { At(host); }
  // Begins a session of `host`; the one before it must have been ended. `least` is the smallest
  // ordinal that it may get.
  Session& Open(const HostId& host, SessionId id, uint64_t least, MonoTime now);
  // The host keeps what it was heard of; it is away now.
  void End(const HostId& host);
  void Forget(const HostId& host);

  // nullptr when that session is not its host's current one.
  Session* Find(SessionId id);
  const HostId* HostOf(SessionId id) const;
  HostPresence& At(const HostId& host);
  const HostPresence* Get(const HostId& host) const;
  // Anything came from this host.
  void Heard(const HostId& host, MonoTime now);
  // A Report came from it in this session.
  void Reported(const HostId& host);

  // Hosts whose presence has to be concluded again: something happened to them since the last call,
  // or their time has come.
  std::set<HostId> TakeDue(MonoTime now);
  // When TakeDue has more to say although nothing happens; may be too early, never too late.
  MonoTime next_due() const;

  // After a commit: what was taken is durable, or was not taken after all.
  void CommitTaken(const std::set<SessionId>& sessions);
  void RevokeTaken(const std::set<SessionId>& sessions);

  Presence Of(const HostId& host, MonoTime now) const;
  const std::map<HostId, HostPresence>& hosts() const { return hosts_; }

 private:
  void Arm(const HostId& host, MonoTime now);

  PresenceRules rules_;
  std::map<HostId, HostPresence> hosts_;
  std::map<SessionId, HostId> host_of_;
  std::set<HostId> touched_;
  std::set<std::pair<MonoTime, HostId>> timers_;  // each host's look_at
};

}  // namespace quayside::controller
