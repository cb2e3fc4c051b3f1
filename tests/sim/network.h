// Network joins the simulated hosts to the simulated controller: sessions whose messages are
// delayed, held while a direction is cut (as TCP would resend them), and lost when the session
// ends. It is the agents' Link and the core's Fleet, and keeps the promises of both: newest
// Assignment wins, nothing of an ended session arrives.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/agent.h"
#include "controller/core/core.h"
#include "tests/sim/world.h"

namespace quayside::sim {

// One direction of one session: in order, each message after its delay.
class Channel {
 public:
  Channel(World& world, const bool& cut) : world_(world), cut_(cut) {}
  ~Channel() { *alive_ = false; }

  void Send(absl::AnyInvocable<void()> deliver);
  // After a cut has healed.
  void Pump();

 private:
  struct Message {
    MonoTime due;
    absl::AnyInvocable<void()> deliver;
  };
  World& world_;
  const bool& cut_;
  MonoTime last_due_;
  std::deque<Message> messages_;
  Alive alive_ = std::make_shared<bool>(true);
};

// What the link of one agent process says of itself, and where its messages go.
struct Peer {
  std::string name, secret, machine_id, boot_id, process_nonce;
  std::map<std::string, std::string> labels;
  std::function<void(agent::AgentEvent)> submit;
  // Sees each Report that leaves, and each Assignment that arrives.
  std::function<void(const Report&)> on_report;
  std::function<void(const Assignment&)> on_assignment;
};

class Network;

// The Link of one agent process. Reconnects by itself; dies with its process.
class SimLink final : public agent::Link {
 public:
  SimLink(World& world, Network& network, int host, Peer peer);
  ~SimLink() override;

  void SetHello(agent::HelloFacts facts) override { hello_ = std::move(facts); }
  void SendAck(agent::Ack ack) override;
  void SendReport(Report report) override;
  void SendHeartbeat(uint64_t sequence, uint64_t report_sequence) override;
  void SendCommandOutcome(agent::CommandOutcome outcome) override;

  // Network's side.
  const Peer& peer() const { return peer_; }
  const agent::HelloFacts& hello() const { return hello_; }
  void SessionEnded(const std::string& reason);
  HostId host_id;  // from the last Welcome, kept by the program beside its identity

 private:
  void ConnectLater();

  World& world_;
  Network& network_;
  const int host_;
  Peer peer_;
  agent::HelloFacts hello_;
  int failures_ = 0;
  Alive alive_ = std::make_shared<bool>(true);
};

class Network final : public controller::Fleet {
 public:
  // `submit` hands an event to the controller; nothing arrives there while it is down.
  Network(World& world, std::function<void(controller::CoreEvent)> submit)
      : world_(world), submit_(std::move(submit)) {}

  // ---- faults ----
  void Cut(int host, bool to_controller, bool to_host);
  void Heal(int host);
  void HealAll();
  // The controller's process came or went; sessions end with it.
  void ControllerUp();
  void ControllerDown();
  bool controller_up() const { return controller_up_; }
  // While set, what the core sends is lost: it dies right after its commit.
  bool deaf_core = false;

  // ---- the agents' side ----
  // Nothing happens when the controller cannot be reached; false then.
  bool Connect(int host, SimLink* link);
  void LinkGone(int host, SimLink* link);
  void ToController(int host, SimLink* link,
                    std::function<controller::CoreEvent(controller::SessionId)> event);

  // ---- Fleet: the core's side ----
  void Welcome(controller::SessionId session, controller::WelcomeFacts facts) override;
  void Offer(controller::SessionId session, controller::SharedAssignment assignment) override;
  void AnswerHeartbeat(controller::SessionId session, uint64_t sequence, uint64_t committed_report,
                       absl::Duration period) override;
  void SendCommand(controller::SessionId session, std::string id, bool gc_dry_run) override;
  void Close(controller::SessionId session, absl::Status why) override;

  // Sees each Assignment that the core offers.
  std::function<void(const Assignment&)> on_offer;

 private:
  struct Cuts {
    bool to_controller = false, to_host = false;
    bool any() const { return to_controller || to_host; }
  };
  struct Session {
    int host = 0;
    SimLink* link = nullptr;  // nullptr once the agent's side has ended
    bool core_side = true;    // false once the core's side has ended
    std::unique_ptr<Channel> up, down;
    controller::SharedAssignment offered;  // waits for its turn to be written
  };

  void ToAgent(controller::SessionId id, agent::AgentEvent event);
  void EndAgentSide(controller::SessionId id, const std::string& reason);
  void EndCoreSide(controller::SessionId id, const std::string& reason, bool reset);
  void Silence(controller::SessionId id, int host, uint64_t cut);
  void WriteOffered(controller::SessionId id);

  World& world_;
  std::function<void(controller::CoreEvent)> submit_;
  bool controller_up_ = false;
  controller::SessionId next_session_ = 1;
  std::map<controller::SessionId, Session> sessions_;
  std::map<int, Cuts> cuts_;
  std::map<int, uint64_t> cut_count_;
};

}  // namespace quayside::sim
