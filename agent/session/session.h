// Session is the agent's side of the link to its controller: it dials, says Hello, hands what comes
// to the agent as AgentEvents and sends what the agent wants said, latest wins. When the stream
// ends it waits (full jitter, 1 s … 60 s; the first retry soon; a window that the controller named
// is obeyed) and dials again, for ever.
//
// Threads: Link's calls come from the agent thread, reactions from gRPC's. Dialling and tearing
// down happen in Turn, on the thread of whoever drives the session (SessionThread; the fleet
// benchmark drives thousands with one thread), because a channel must never be destroyed inside a
// reaction. All state is under one mutex. Bounded: one Ack, one Report, one heartbeat and 16
// command outcomes wait; one message is being written.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "agent/agent.h"
#include "agent/link.h"
#include "agent/session/spec_cache.h"
#include "agent/session/stream.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "quayside/v1/agent.pb.h"

namespace quayside::agent {

// What does not change while the process runs.
struct SessionIdentity {
  std::string controller;  // HOST:PORT
  std::string name;
  HostId host;  // "" before the first Welcome
  std::string secret;
  std::string machine_id, boot_id, process_nonce, agent_version;
  std::map<std::string, std::string> labels;
};

struct SessionOptions {
  // Waits between attempts: full jitter in (0, first × 2^failures], at most `max`; after a session
  // that lived for `healthy_after` the count begins anew.
  absl::Duration first_retry = absl::Seconds(1);
  absl::Duration max_retry = absl::Seconds(60);
  absl::Duration healthy_after = absl::Seconds(60);
  // An attempt that has not led to Welcome by then is given up. Never short: TLS storms (measured).
  absl::Duration connect_deadline = absl::Seconds(30);
  // A window named by the controller is believed up to this.
  absl::Duration max_go_away = absl::Minutes(10);
};

class Session final : public Link, private SessionStream::Handler {
 public:
  // `submit` hands an event to the agent from any thread and never blocks. `wake` asks the driver
  // for a Turn soon; any thread, called with the session's lock held, so it must not call back.
  // `on_welcome` is called by Turn after a Welcome; it may store the identity.
  struct Calls {
    std::function<void(AgentEvent)> submit;
    std::function<void()> wake;
    std::function<void(const FleetId&, const HostId&)> on_welcome;
  };
  Session(SessionIdentity identity, SessionOptions options, Clock& clock, Random& random,
          Calls calls);
  // REQUIRES: stopped() or never turned.
  ~Session() override;

  void SetHello(HelloFacts facts) override ABSL_LOCKS_EXCLUDED(mutex_);
  void SendAck(Ack ack) override ABSL_LOCKS_EXCLUDED(mutex_);
  void SendReport(Report report) override ABSL_LOCKS_EXCLUDED(mutex_);
  void SendHeartbeat(uint64_t sequence, uint64_t report_sequence) override
      ABSL_LOCKS_EXCLUDED(mutex_);
  void SendCommandOutcome(CommandOutcome outcome) override ABSL_LOCKS_EXCLUDED(mutex_);

  // Dials when it is time and SetHello was called, gives up what is overdue, clears away what has
  // ended. Returns when it wants the next turn at the latest. One thread at a time.
  MonoTime Turn() ABSL_LOCKS_EXCLUDED(mutex_);

  // Leaves: the stream is half-closed, so that the controller sees a goodbye, and no new one is
  // dialled. Turn goes on until stopped().
  void Stop() ABSL_LOCKS_EXCLUDED(mutex_);
  bool stopped() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  // What a Welcome said of who we are.
  struct Named {
    FleetId fleet;
    HostId host;
  };

  // SessionStream::Handler; an attempt that is not the present one is ignored.
  absl::Status OnMessage(uint64_t attempt, v1::ControllerMessage* message) override
      ABSL_LOCKS_EXCLUDED(mutex_);
  bool TakeNext(uint64_t attempt, v1::AgentMessage* message) override ABSL_LOCKS_EXCLUDED(mutex_);
  void OnEnded(uint64_t attempt, absl::Status status) override ABSL_LOCKS_EXCLUDED(mutex_);

  absl::Status HandleWelcome(const v1::Welcome& welcome) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status HandleAssignment(const v1::Assignment& message) ABSL_LOCKS_EXCLUDED(mutex_);
  void HandleGoAway(const v1::GoAway& go_away) ABSL_LOCKS_EXCLUDED(mutex_);

  void FillHello(v1::Hello* hello) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // What Turn does where there is no stream, and with the one there is. Both return when they want
  // the next turn.
  MonoTime TurnIdle(MonoTime now) ABSL_LOCKS_EXCLUDED(mutex_);
  MonoTime TurnOpen(MonoTime now) ABSL_LOCKS_EXCLUDED(mutex_);
  // Clears an ended stream away and decides when to dial again.
  void ClearAway(MonoTime now) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Duration RetryWait() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Has the open stream send what waits.
  void Pump() ABSL_LOCKS_EXCLUDED(mutex_);

  // Constant after construction.
  const SessionOptions options_;
  Clock& clock_;
  Random& random_;
  const Calls calls_;

  mutable absl::Mutex mutex_;
  SessionIdentity identity_ ABSL_GUARDED_BY(mutex_);
  std::optional<HelloFacts> hello_ ABSL_GUARDED_BY(mutex_);
  SpecCache specs_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  MonoTime stopping_at_ ABSL_GUARDED_BY(mutex_);

  // The attempt under way.
  std::shared_ptr<SessionStream> stream_ ABSL_GUARDED_BY(mutex_);
  uint64_t attempt_ ABSL_GUARDED_BY(mutex_) = 0;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;  // OnDone came; Turn clears it away
  absl::Status end_status_ ABSL_GUARDED_BY(mutex_);
  bool hello_sent_ ABSL_GUARDED_BY(mutex_) = false;
  bool welcomed_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<Named> named_ ABSL_GUARDED_BY(mutex_);
  MonoTime dialled_at_ ABSL_GUARDED_BY(mutex_);
  MonoTime welcomed_at_ ABSL_GUARDED_BY(mutex_);

  // Between attempts.
  int failures_ ABSL_GUARDED_BY(mutex_) = 0;
  MonoTime dial_at_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::Duration> go_away_wait_ ABSL_GUARDED_BY(mutex_);

  // What waits, for the session that is open.
  std::optional<Ack> ack_ ABSL_GUARDED_BY(mutex_);
  std::optional<Report> report_ ABSL_GUARDED_BY(mutex_);
  std::optional<v1::Heartbeat> heartbeat_ ABSL_GUARDED_BY(mutex_);
  std::deque<CommandOutcome> outcomes_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace quayside::agent
