// Admission of agents.
#include <algorithm>

#include "common/base/log.h"
#include "common/base/status.h"
#include "common/model/digest.h"
#include "common/model/event_kind.h"
#include "common/model/host_name.h"
#include "controller/core/hosts.h"
#include "controller/core/recovery.h"

namespace quayside::controller {
namespace {

// The row that this agent is, or nullptr when it is new. An error refuses it.
absl::StatusOr<const HostRow*> Identify(const CoreState& state, const AgentHello& hello,
                                        const std::string& secret) {
  const Ledger& ledger = state.ledger;
  if (!IsHostName(hello.name)) {
    return InvalidArgument("the host name \"" + hello.name + "\" cannot be used: " + kHostNameForm +
                           "; start the agent with another --name");
  }
  const HostRow* row = hello.host.empty() ? nullptr : ledger.FindHost(hello.host);
  const HostRow* named = ledger.FindHostByName(hello.name);
  if (row == nullptr && named != nullptr) {
    if (named->secret_digest != secret) {
      return PermissionDenied("the name " + hello.name +
                              " belongs to another agent; start this one with another --name, or "
                              "remove the old host with `ctl host rm " +
                              hello.name + "`");
    }
    return named;
  }
  if (row == nullptr) {
    if (!hello.host.empty() && hello.epoch == ledger.fleet().epoch) {
      return PermissionDenied("host " + hello.name + " (" + hello.host.value +
                              ") was removed from this fleet; empty the agent's data directory to "
                              "join again");
    }
    if (static_cast<int>(ledger.model().hosts.rows().size()) >= state.options.max_hosts) {
      return ResourceExhausted("cannot admit " + hello.name + ": the fleet has its limit of " +
                               std::to_string(state.options.max_hosts) + " hosts");
    }
    return nullptr;
  }
  if (row->secret_digest != secret) {
    return PermissionDenied("the agent that calls itself " + hello.name + " (" + hello.host.value +
                            ") does not know that host's secret");
  }
  if (named != nullptr && named->id != row->id) {
    return AlreadyExists("host " + row->name + " cannot be called " + hello.name +
                         ": another host has that name; choose another --name");
  }
  return row;
}

// R7: what to do with the session that this host has already.
absl::Status ReplaceSession(CoreState& state, const HostRow& row, const AgentHello& hello) {
  HostPresence& presence = state.sessions.At(row.id);
  if (!presence.session.has_value()) return absl::OkStatus();
  Session& old = *presence.session;
  const bool answers = state.PresenceOf(row.id) != Presence::kLost;
  if (old.machine_id != hello.machine_id && answers) {
    // The copy comes again and again: it is told once, and not while nothing can be written.
    if (!old.duplicate_told && state.read_only_reason.empty()) {
      old.duplicate_told = true;
      state.Event(event_kind::kHostDuplicated,
                  {.host = row.name,
                   .message = "another machine came with the identity of " + row.name +
                              " while it is connected; give the copy an empty data directory"});
    }
    return AlreadyExists("host " + row.name +
                         " is connected from another machine; a copied data directory cannot be "
                         "used twice: empty it and join again");
  }
  state.fleet.Close(old.id, Aborted("a newer session of this host took its place"));
  state.sessions.End(row.id);
  return absl::OkStatus();
}

void TakeLabels(HostRow& row, const std::map<std::string, std::string>& labels) {
  std::map<std::string, std::string> next;
  for (const auto& [key, value] : row.labels) {
    if (row.labels_set_by_ctl.contains(key)) next[key] = value;
  }
  for (const auto& [key, value] : labels) {
    if (!row.labels_set_by_ctl.contains(key)) next[key] = value;
  }
  row.labels = std::move(next);
}

HostRow NewHost(CoreState& state, const std::string& secret) {
  HostRow row;
  row.id = HostId(state.random.Base32(10));
  row.secret_digest = secret;
  row.joined_at = state.wall;
  row.generation = 1;  // 0 is "none": an agent always has an Assignment to enforce
  return row;
}

void Welcome(CoreState& state, const AgentHello& hello, const HostId& host) {
  // Ordinals of an earlier run of the controller were smaller: wall time grows.
  Session& session = state.sessions.Open(
      host, hello.session, static_cast<uint64_t>(absl::ToUnixMicros(state.wall)), state.now);
  session.machine_id = hello.machine_id;
  session.process_nonce = hello.process_nonce;
  // What it has and acknowledged. An acknowledgement that was lost on the way is asked for by
  // offering again.
  const HostRow* row = state.ledger.FindHost(host);
  const bool acknowledged = row != nullptr && row->acked_generation == hello.generation &&
                            hello.epoch == state.ledger.fleet().epoch;
  session.offered = acknowledged ? hello.generation : -1;
  WelcomeFacts facts;
  facts.fleet = state.ledger.fleet().fleet;
  facts.host = host;
  facts.epoch = state.ledger.fleet().epoch;
  facts.session = session.ordinal;
  facts.heartbeat_period = state.options.heartbeat_period;
  facts.lease = state.options.lease;
  state.outbox.sends.push_back(
      [&state, id = hello.session, facts] { state.fleet.Welcome(id, facts); });
}

}  // namespace

void HandleHello(CoreState& state, const AgentHello& hello) {
  const std::string secret = Sha256Digest(hello.secret);
  const absl::StatusOr<const HostRow*> known = Identify(state, hello, secret);
  absl::Status refused = known.status();
  const bool ahead = refused.ok() && *known != nullptr &&
                     hello.epoch == state.ledger.fleet().epoch &&
                     hello.generation > (*known)->generation;
  // Neither a new host nor what an old copy of the database asks for can be written down now.
  if (refused.ok() && (*known == nullptr || ahead) && !state.read_only_reason.empty()) {
    refused = Unavailable("cannot admit " + hello.name + ": " + state.read_only_reason);
  }
  if (refused.ok() && *known != nullptr) refused = ReplaceSession(state, **known, hello);
  if (!refused.ok()) {
    Log(LogLevel::kWarn, "agent_refused", {{"host", hello.name}, {"error", Message(refused)}});
    state.fleet.Close(hello.session, refused);
    return;
  }
  HostRow row = *known == nullptr ? NewHost(state, secret) : **known;
  if (ahead) {
    EnterRecovery(state, "agent " + row.name + " enforces generation " +
                             std::to_string(hello.generation) + " and the database knows only " +
                             std::to_string(row.generation) + ": the database is an old copy");
  }
  if (*known == nullptr) {
    state.Event(event_kind::kHostJoined,
                {.host = hello.name, .message = "host " + hello.name + " joined"});
  }
  Welcome(state, hello, row.id);
  if (!state.read_only_reason.empty()) return;
  const bool joined = *known == nullptr;
  const std::map<std::string, std::string> labels = row.labels;
  const bool renamed = row.name != hello.name;  // constraints may name it
  row.name = hello.name;
  row.machine_id = hello.machine_id;
  row.agent_version = hello.agent_version;
  TakeLabels(row, hello.labels);
  TakeEngineFacts(row, hello.engine);
  const HostId id = row.id;
  const bool changed = joined || renamed || labels != row.labels;
  state.ledger.PutHost(std::move(row));
  if (changed) HostChanged(state, id);
}

void TakeEngineFacts(HostRow& row, const EngineFacts& engine) {
  EngineFacts next = engine;
  const int64_t moved = std::abs(next.disk_free_bytes - row.engine.disk_free_bytes);
  if (moved < std::max<int64_t>(next.disk_total_bytes / 100, 1)) {
    next.disk_free_bytes = row.engine.disk_free_bytes;
  }
  // An engine that does not answer says nothing of itself: what was known stays.
  if (!next.reachable) {
    EngineFacts known = row.engine;
    known.reachable = false;
    known.unreachable_reason = next.unreachable_reason;
    next = std::move(known);
  }
  row.engine = std::move(next);
}

}  // namespace quayside::controller
