// CoreState is what the parts of the core share during a turn: the ledger, the sessions, the time
// of the turn, and the outbox of what happens only after the commit (R29). The parts are free
// functions over it, one file per noun (hosts, reports, apps, rollouts, views …). Core thread.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "controller/core/backup_job.h"
#include "controller/core/commands.h"
#include "controller/core/core.h"
#include "controller/core/ledger.h"
#include "controller/core/sessions.h"
#include "controller/core/spec_cache.h"
#include "controller/core/watchers.h"
#include "controller/schedule/breaker.h"
#include "controller/schedule/place.h"
#include "controller/store/store.h"

namespace quayside::controller {

// How many rows one app may change in one turn (R28), give or take those of one slot or host; what
// is more waits for the next turn.
constexpr int kMaxRowsPerTurn = 1'000;

// What a turn does once its commit is known to be durable, in this order.
struct Outbox {
  // Answers of mutating calls: told whether the commit succeeded.
  std::vector<absl::AnyInvocable<void(const absl::Status&)>> replies;
  // Messages to agents; dropped when the commit failed.
  std::vector<absl::AnyInvocable<void()>> sends;
  // Reads, answered from what is committed.
  std::vector<absl::AnyInvocable<void()>> reads;
  // Sessions whose Reports become durable with this commit.
  std::set<SessionId> reports;
};

// R28: how many rows one piece of work may change in a turn.
inline constexpr size_t kRowsPerTurn = 1'000;

struct CoreState {
  CoreState(CoreOptions core_options, Clock& core_clock, Random& core_random, Store& core_store,
            Fleet& core_fleet)
      : options(std::move(core_options)),
        clock(core_clock),
        random(core_random),
        store(core_store),
        fleet(core_fleet) {}

  const CoreOptions options;
  Clock& clock;
  Random& random;
  Store& store;
  Fleet& fleet;

  Ledger ledger;
  Sessions sessions;
  SpecCache specs;
  Watchers watchers;
  Commands commands;
  BackupJob backup;
  Outbox outbox;

  // Time of this turn. `wall` is shown; `steady` is wall time that no clock step moves: deadlines
  // are set and compared in it.
  MonoTime now;
  absl::Time wall, steady;
  MonoTime started_mono;
  absl::Time started_wall;

  // R29: not empty while the database cannot be written.
  std::string read_only_reason;
  MonoTime next_probe = MonoTime::Never();
  // What agents said that could not be committed: taken again when writing works. The newest of
  // each host (R8).
  std::map<HostId, AgentAck> unwritten_acks;
  std::map<HostId, AgentReport> unwritten_reports;

  // Hosts to which the newest Assignment is offered at the end of this turn, beside those whose
  // generation grew.
  std::set<HostId> to_offer;
  // What cannot be placed, by app; from its last placement.
  std::map<AppName, std::vector<UnplacedSlot>> unplaced;
  // Apps whose placement has to be looked at again.
  std::set<AppName> unsettled;
  // Apps whose placement has to be looked at again when something of them is reported.
  std::set<AppName> settles_when_proven;
  // Apps under removal whose hosts may have been told something else of them before.
  std::set<AppName> told_otherwise;
  // When a rollout wants to be stepped again although nothing happens.
  std::map<AppName, absl::Time> next_step;
  // R23: while it is open rollouts hold, and `breaker_reason` says why.
  BreakerVerdict breaker;
  std::string breaker_reason;
  // Apps whose history may have grown too long (history.h).
  std::set<AppName> to_prune;
  // What registries told of images since the start, by digest reference: also of those that no
  // revision uses (yet).
  std::map<std::string, ImageFacts> images;
  MonoTime next_pruning;

  Presence PresenceOf(const HostId& host) const { return sessions.Of(host, now); }
  std::string HostName(const HostId& id) const {
    const HostRow* row = ledger.FindHost(id);
    return row == nullptr ? id.value : row->name;
  }
  void Event(std::string_view kind, EventRow event) {
    event.kind = std::string(kind);
    event.at = wall;
    ledger.AddEvent(std::move(event));
  }
};

}  // namespace quayside::controller
