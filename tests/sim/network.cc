#include "tests/sim/network.h"

#include <utility>

#include "common/base/check.h"
#include "common/base/status.h"
#include "common/wire/wire.h"

namespace quayside::sim {
namespace {

using controller::CoreEvent;
using controller::SessionId;

// Keepalive: a silent peer is taken for dead after this (R5).
constexpr absl::Duration kKeepalive = absl::Seconds(9);

}  // namespace

// ---- Channel ----

void Channel::Send(absl::AnyInvocable<void()> deliver) {
  // Mostly a local network; now and then something slow.
  const absl::Duration delay = world_.Chance(3)
                                   ? world_.Between(absl::Milliseconds(20), absl::Milliseconds(800))
                                   : world_.Between(absl::Microseconds(100), absl::Milliseconds(3));
  last_due_ = std::max(last_due_, world_.Now() + delay);
  messages_.push_back({last_due_, std::move(deliver)});
  world_.At(last_due_, [this, alive = alive_] {
    if (*alive) Pump();
  });
}

void Channel::Pump() {
  const Alive alive = alive_;
  while (*alive && !cut_ && !messages_.empty() && messages_.front().due <= world_.Now()) {
    auto deliver = std::move(messages_.front().deliver);
    messages_.pop_front();
    deliver();
  }
}

// ---- SimLink ----

SimLink::SimLink(World& world, Network& network, int host, Peer peer)
    : world_(world), network_(network), host_(host), peer_(std::move(peer)) {
  ConnectLater();
}

SimLink::~SimLink() {
  *alive_ = false;
  network_.LinkGone(host_, this);
}

void SimLink::ConnectLater() {
  // Full jitter, 1 s … 60 s, as R5 has it; the first attempt of a process at once.
  absl::Duration wait = absl::Milliseconds(5);
  if (failures_ > 0) {
    const absl::Duration most =
        std::min(absl::Seconds(int64_t{1} << std::min(failures_, 6)), absl::Seconds(60));
    wait = world_.Between(absl::Milliseconds(200), most);
  }
  world_.After(wait, [this, alive = alive_] {
    if (!*alive) return;
    ++failures_;
    if (network_.Connect(host_, this)) {
      failures_ = 1;
    } else {
      ConnectLater();
    }
  });
}

void SimLink::SessionEnded(const std::string& reason) {
  peer_.submit(agent::Disconnected{reason});
  ConnectLater();
}

void SimLink::SendAck(agent::Ack ack) {
  network_.ToController(host_, this, [ack](SessionId id) -> CoreEvent {
    return controller::AgentAck{id, ack.epoch, ack.generation, ack.rejections, ack.error};
  });
}

void SimLink::SendReport(Report report) {
  if (peer_.on_report) peer_.on_report(report);
  network_.ToController(host_, this, [report = std::move(report)](SessionId id) -> CoreEvent {
    return controller::AgentReport{id, report};
  });
}

void SimLink::SendHeartbeat(uint64_t sequence, uint64_t report_sequence) {
  network_.ToController(host_, this, [=](SessionId id) -> CoreEvent {
    return controller::AgentHeartbeat{id, sequence, report_sequence};
  });
}

void SimLink::SendCommandOutcome(agent::CommandOutcome outcome) {
  network_.ToController(host_, this, [outcome](SessionId id) -> CoreEvent {
    return controller::AgentCommandResult{id, outcome.id, outcome.status, outcome.lines};
  });
}

// ---- Network: faults ----

void Network::Cut(int host, bool to_controller, bool to_host) {
  Cuts& cuts = cuts_[host];
  cuts.to_controller = cuts.to_controller || to_controller;
  cuts.to_host = cuts.to_host || to_host;
  const uint64_t cut = ++cut_count_[host];
  for (auto& [id, session] : sessions_) {
    if (session.host != host) continue;
    world_.After(kKeepalive + world_.Between(absl::ZeroDuration(), absl::Seconds(1)),
                 [this, id = id, host, cut] { Silence(id, host, cut); });
  }
}

// Both sides find the other silent, unless the cut has healed meanwhile.
void Network::Silence(SessionId id, int host, uint64_t cut) {
  if (cut_count_[host] != cut || !cuts_[host].any()) return;
  EndCoreSide(id, "no answer to keepalive", /*reset=*/false);
  EndAgentSide(id, "no answer to keepalive");
}

void Network::Heal(int host) {
  cuts_[host] = {};
  ++cut_count_[host];
  std::vector<SessionId> ids;
  for (const auto& [id, session] : sessions_) {
    if (session.host == host) ids.push_back(id);
  }
  for (const SessionId id : ids) {
    if (const auto it = sessions_.find(id); it != sessions_.end()) it->second.up->Pump();
    if (const auto it = sessions_.find(id); it != sessions_.end()) it->second.down->Pump();
  }
}

void Network::HealAll() {
  std::vector<int> hosts;
  for (const auto& [host, cuts] : cuts_) hosts.push_back(host);
  for (const int host : hosts) Heal(host);
}

void Network::ControllerUp() { controller_up_ = true; }

void Network::ControllerDown() {
  controller_up_ = false;
  std::vector<SessionId> ids;
  for (auto& [id, session] : sessions_) {
    session.core_side = false;
    ids.push_back(id);
  }
  for (const SessionId id : ids) {
    const int host = sessions_.at(id).host;
    // A reset is seen at once; through a cut only by keepalive.
    const absl::Duration seen = cuts_[host].any() ? kKeepalive : absl::Milliseconds(2);
    world_.After(seen, [this, id] { EndAgentSide(id, "connection reset by the controller"); });
  }
}

// ---- Network: the agents' side ----

bool Network::Connect(int host, SimLink* link) {
  if (!controller_up_ || cuts_[host].any()) return false;
  const SessionId id = next_session_++;
  Session& session = sessions_[id];
  session.host = host;
  session.link = link;
  session.up = std::make_unique<Channel>(world_, cuts_[host].to_controller);
  session.down = std::make_unique<Channel>(world_, cuts_[host].to_host);
  const agent::HelloFacts& facts = link->hello();
  const Peer& peer = link->peer();
  controller::AgentHello hello;
  hello.session = id;
  hello.name = peer.name;
  hello.host = link->host_id;
  hello.secret = peer.secret;
  hello.machine_id = peer.machine_id;
  hello.boot_id = peer.boot_id;
  hello.process_nonce = peer.process_nonce;
  hello.agent_version = "0.1.0";
  hello.epoch = facts.epoch;
  hello.generation = facts.generation;
  hello.labels = peer.labels;
  hello.engine = facts.engine;
  world_.Trace("session " + std::to_string(id) + " of " + peer.name + " begins");
  ToController(host, link, [hello](SessionId) -> CoreEvent { return hello; });
  return true;
}

void Network::LinkGone(int host, SimLink* link) {
  for (auto& [id, session] : sessions_) {
    if (session.link != link) continue;
    session.link = nullptr;
    const absl::Duration seen = cuts_[host].any() ? kKeepalive : absl::Milliseconds(2);
    world_.After(seen, [this, id = id] {
      EndCoreSide(id, "connection reset by the agent", /*reset=*/true);
      sessions_.erase(id);
    });
  }
}

void Network::ToController(int host, SimLink* link, std::function<CoreEvent(SessionId)> event) {
  for (auto& [id, session] : sessions_) {
    if (session.link != link || session.host != host) continue;
    session.up->Send([this, id = id, event = std::move(event)] {
      const auto it = sessions_.find(id);
      if (it != sessions_.end() && it->second.core_side && controller_up_) submit_(event(id));
    });
    return;
  }
}

void Network::EndAgentSide(SessionId id, const std::string& reason) {
  const auto it = sessions_.find(id);
  if (it == sessions_.end() || it->second.link == nullptr) return;
  SimLink* link = std::exchange(it->second.link, nullptr);
  if (!it->second.core_side) sessions_.erase(it);
  link->SessionEnded(reason);
}

void Network::EndCoreSide(SessionId id, const std::string& reason, bool reset) {
  const auto it = sessions_.find(id);
  if (it == sessions_.end() || !std::exchange(it->second.core_side, false)) return;
  if (controller_up_) submit_(controller::AgentGone{id, reason, reset});
}

// ---- Network: the core's side ----

void Network::ToAgent(SessionId id, agent::AgentEvent event) {
  const auto it = sessions_.find(id);
  if (deaf_core || it == sessions_.end() || !it->second.core_side) return;
  it->second.down->Send([this, id, event = std::move(event)]() mutable {
    const auto to = sessions_.find(id);
    if (to == sessions_.end() || to->second.link == nullptr) return;
    SimLink* link = to->second.link;
    if (const auto* connected = std::get_if<agent::Connected>(&event)) {
      link->host_id = connected->host;
    }
    if (const auto* assigned = std::get_if<agent::AssignmentReceived>(&event)) {
      if (link->peer().on_assignment) link->peer().on_assignment(assigned->assignment);
    }
    link->peer().submit(std::move(event));
  });
}

void Network::Welcome(SessionId session, controller::WelcomeFacts facts) {
  ToAgent(session, agent::Connected{facts.fleet, facts.host, facts.epoch, facts.session,
                                    facts.heartbeat_period, facts.lease});
}

void Network::Offer(SessionId session, controller::SharedAssignment assignment) {
  if (deaf_core) return;
  if (on_offer) on_offer(*assignment);
  const auto it = sessions_.find(session);
  if (it == sessions_.end() || !it->second.core_side) return;
  const bool writing = it->second.offered != nullptr;
  it->second.offered = std::move(assignment);  // the newest wins
  if (writing) return;
  world_.After(world_.Between(absl::ZeroDuration(), absl::Milliseconds(4)),
               [this, session] { WriteOffered(session); });
}

void Network::WriteOffered(SessionId id) {
  const auto it = sessions_.find(id);
  if (it == sessions_.end() || it->second.offered == nullptr) return;
  const controller::SharedAssignment offered = std::exchange(it->second.offered, nullptr);
  // Over the codec, as on the wire: the agent keeps the bytes that it receives.
  absl::StatusOr<Assignment> received = wire::DecodeAssignment(wire::EncodeAssignment(*offered));
  if (!received.ok()) {
    world_.Violate("wire", "an Assignment does not decode: " + Message(received.status()));
    return;
  }
  ToAgent(id, agent::AssignmentReceived{*std::move(received)});
}

void Network::AnswerHeartbeat(SessionId session, uint64_t sequence, uint64_t committed_report,
                              absl::Duration period) {
  ToAgent(session, agent::HeartbeatAnswered{sequence, committed_report, period});
}

void Network::SendCommand(SessionId session, std::string id, bool gc_dry_run) {
  ToAgent(session, agent::CommandReceived{{std::move(id), true, gc_dry_run}});
}

void Network::Close(SessionId session, absl::Status why) {
  const auto it = sessions_.find(session);
  if (deaf_core || it == sessions_.end() || !it->second.core_side) return;
  world_.Trace("session " + std::to_string(session) + " is closed: " + Message(why));
  it->second.core_side = false;
  it->second.down->Send([this, session, reason = Message(why)] { EndAgentSide(session, reason); });
}

}  // namespace quayside::sim
