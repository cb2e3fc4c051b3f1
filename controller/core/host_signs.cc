// Signs of life: heartbeats, acks, ends of sessions, silence.
#include <algorithm>

#include "common/model/event_kind.h"
#include "controller/core/hosts.h"
#include "controller/core/rollouts.h"
#include "controller/core/settle.h"

namespace quayside::controller {
namespace {

// An Assignment that a host could not store is offered again after 1, 2, 4 and then always 8
// heartbeats.
constexpr int kMaxDoublings = 3;

// R23: rollouts hold while many hosts are lost together.
void WatchBreaker(CoreState& state) {
  BreakerFacts facts{.open = state.breaker.open};
  for (const auto& [id, presence] : state.sessions.hosts()) {
    if (presence.lost_at.has_value()) {
      facts.lost_at.push_back(*presence.lost_at);
    } else {
      ++facts.present;
    }
  }
  const BreakerVerdict before = state.breaker;
  state.breaker = DecideBreaker(facts, BreakerRules(), state.now);
  if (state.breaker.open && !before.open) {
    state.breaker_reason =
        "many hosts were lost together (" + std::to_string(facts.lost_at.size()) + " of " +
        std::to_string(facts.lost_at.size() + facts.present) +
        " are not there), so nothing is changed until they are back or no other is lost for 2 "
        "minutes";
    state.Event(event_kind::kBreakerSwitched,
                {.message = "rollouts hold: " + state.breaker_reason});
  } else if (before.open && !state.breaker.open) {
    state.Event(event_kind::kBreakerSwitched,
                {.message = facts.lost_at.empty()
                                ? "rollouts go on: every host is back"
                                : "rollouts go on: no other host was lost for 2 minutes"});
  }
  if (state.breaker.open == before.open && state.breaker.closes_at == before.closes_at) return;
  const absl::Duration hold =
      state.breaker.open ? state.breaker.closes_at - state.now : absl::ZeroDuration();
  for (const auto& [app, row] : state.ledger.model().apps.rows()) {
    const RolloutRow* rollout = state.ledger.NewestRollout(app);
    if (rollout == nullptr) continue;
    if (Ended(rollout->state) && rollout->state != RolloutState::kPartial) continue;
    ExtendDeadline(state, app, state.steady + hold);
    state.ledger.TouchApp(app);
  }
}

}  // namespace

void HandleGone(CoreState& state, const AgentGone& gone) {
  const HostId* host = state.sessions.HostOf(gone.session);
  if (host == nullptr) return;
  const HostId id = *host;
  state.sessions.End(id);
  state.commands.HostGone(id);
  HostChanged(state, id);
}

void HandleHeartbeat(CoreState& state, const AgentHeartbeat& heartbeat) {
  const HostId* host = state.sessions.HostOf(heartbeat.session);
  if (host == nullptr) return;
  state.sessions.Heard(*host, state.now);
  if (Session& heard = *state.sessions.Find(heartbeat.session);
      heard.offer_again_in > 0 && --heard.offer_again_in == 0) {
    heard.offered = -1;
    state.to_offer.insert(*host);
  }
  state.outbox.sends.push_back([&state, heartbeat] {
    const Session* session = state.sessions.Find(heartbeat.session);
    if (session == nullptr) return;
    state.fleet.AnswerHeartbeat(heartbeat.session, heartbeat.sequence, session->committed_report,
                                state.options.heartbeat_period);
  });
}

void HandleAck(CoreState& state, const AgentAck& ack) {
  const HostId* id = state.sessions.HostOf(ack.session);
  if (id == nullptr) return;
  state.sessions.Heard(*id, state.now);
  const HostRow* known = state.ledger.FindHost(*id);
  if (known == nullptr || ack.epoch != state.ledger.fleet().epoch) return;
  if (!ack.error.empty()) {
    // Nothing changed there; the latest is offered again after some heartbeats.
    Session& session = *state.sessions.Find(ack.session);
    session.offer_again_in = 1 << std::min(session.refusals, kMaxDoublings);
    if (session.refusals++ > 0) return;  // told already
    state.Event(event_kind::kStateNotWritten,
                {.host = known->name,
                 .message = "host " + known->name + " cannot store its assignment: " + ack.error});
    return;
  }
  Session& taker = *state.sessions.Find(ack.session);
  taker.refusals = taker.offer_again_in = 0;
  if (ack.generation < known->acked_generation || ack.generation > known->generation) return;
  HostRow row = *known;
  row.acked_generation = ack.generation;
  for (const Rejection& rejection : ack.rejections) {
    if (std::find(row.rejections.begin(), row.rejections.end(), rejection) !=
        row.rejections.end()) {
      continue;
    }
    state.Event(event_kind::kAssignmentRejected,
                {.app = rejection.app,
                 .host = row.name,
                 .message = "host " + row.name + " refuses " + rejection.app.value + ": " +
                            rejection.reason});
  }
  if (!row.rejections.empty() || !ack.rejections.empty()) HostChanged(state, row.id);
  row.rejections = ack.rejections;
  state.ledger.PutHost(std::move(row));
}

void HostChanged(CoreState& state, const HostId& host) {
  for (const InstanceId& id : state.ledger.InstancesOn(host)) {
    state.ledger.TouchApp(state.ledger.model().instances.Find(id)->desired.slot.app);
  }
  for (const RemovalRow* row : state.ledger.RemovalsOn(host)) {
    state.ledger.TouchApp(row->removal.app);
  }
  for (const auto& [app, row] : state.ledger.model().apps.rows()) {
    if (MayConcern(state, app, host)) {
      state.unsettled.insert(app);
      state.ledger.TouchApp(app);
    }
  }
}

void WatchPresence(CoreState& state) {
  bool changed = false;
  for (const HostId& id : state.sessions.TakeDue(state.now)) {
    const HostRow* row = state.ledger.FindHost(id);
    if (row == nullptr) continue;
    HostPresence& presence = state.sessions.At(id);
    const Presence before = presence.shown;
    const Presence after = DecidePresence(presence.facts, state.sessions.rules(), state.now);
    if (before == after) continue;
    presence.shown = after;
    changed = true;
    const bool gone = after == Presence::kAway || after == Presence::kLost;
    if (after == Presence::kReady) presence.lost_at.reset();
    if (gone && !presence.lost_at.has_value()) presence.lost_at = state.now;
    HostChanged(state, id);
    const bool told_gone = presence.told_gone;
    presence.told_gone = after == Presence::kAway || after == Presence::kLost ||
                         (after == Presence::kUnknown && told_gone);
    if (after == Presence::kAway) {
      state.Event(event_kind::kHostAway,
                  {.host = row->name, .message = "host " + row->name + " is away"});
    } else if (after == Presence::kLost) {
      state.Event(event_kind::kHostLost,
                  {.host = row->name,
                   .message = "host " + row->name +
                              " is lost: nothing was heard for the time of its lease"});
    } else if (after == Presence::kReady && told_gone) {
      state.Event(event_kind::kHostBack,
                  {.host = row->name, .message = "host " + row->name + " is back"});
    }
  }
  if (changed || state.now >= state.breaker.closes_at) WatchBreaker(state);
}

}  // namespace quayside::controller
