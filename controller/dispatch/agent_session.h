// AgentSession is the controller's end of one agent's stream. It holds what waits to be sent, which
// is bounded whatever the agent does: one Welcome, the newest Assignment, the newest heartbeat
// answer, 16 commands. One message is being written (frozen until OnWriteDone), everything else may
// still be replaced. Reads are paced, so that an agent that floods is slowed by flow control.
//
// Shared by the dispatcher (its table), the core thread (Fleet calls, through the dispatcher) and
// gRPC's callback threads (reactions). All state is under one mutex; nothing is called out of it
// with the mutex held but gRPC's Start… calls, which return at once and never react inside.
// The stream object of gRPC deletes itself in OnDone; from then on the session is deaf.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/base/clock.h"
#include "controller/core/core.h"
#include "controller/dispatch/admission.h"
#include "controller/dispatch/messages.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"

namespace quayside::controller {

// What a session needs of the dispatcher.
class SessionOwner {
 public:
  virtual ~SessionOwner() = default;
  // False when the core's mailbox is full.
  virtual bool Submit(CoreEvent event) = 0;
  virtual Admitted Admit(const std::string& host) = 0;
  // The session ended; called once, before its stream is done, if the core knows the session.
  virtual void Ended(AgentGone gone) = 0;
  // The stream is done, nothing refers to gRPC any more.
  virtual void StreamDone(SessionId session) = 0;
  virtual Clock& clock() = 0;
  virtual SpecMessages& specs() = 0;
};

struct SessionLimits {
  absl::Duration hello_timeout = absl::Seconds(10);
  absl::Duration write_timeout = absl::Seconds(60);  // gRPC alone can be stuck for 300 s
  absl::Duration ack_timeout = absl::Seconds(30);
  size_t max_commands = 16;
  // Reads: a bucket of bytes; a message costs at least `min_message_cost`.
  double read_burst_bytes = 4 << 20;
  double read_bytes_per_second = 2 << 20;
  double min_message_cost = 16 << 10;
};

class AgentSession : public std::enable_shared_from_this<AgentSession> {
 public:
  using Stream = grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>;

  AgentSession(SessionId id, SessionOwner& owner, const SessionLimits& limits);

  // Makes the stream's reactor; it lives until gRPC is done with it. Call once.
  Stream* Open(grpc::CallbackServerContext* context);

  SessionId id() const { return id_; }

  // What to send next; latest wins. Any thread. They only store: Pump sends.
  void PutWelcome(WelcomeFacts facts) ABSL_LOCKS_EXCLUDED(mutex_);
  void PutAssignment(SharedAssignment assignment) ABSL_LOCKS_EXCLUDED(mutex_);
  void PutHeartbeatAnswer(uint64_t sequence, uint64_t committed_report, absl::Duration period)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // False when 16 are waiting.
  bool PutCommand(std::string id, bool gc_dry_run) ABSL_LOCKS_EXCLUDED(mutex_);
  // Ends the session with `why` once the write in flight is done; with `go_away` that message goes
  // first.
  void Close(absl::Status why, std::optional<grpc::ByteBuffer> go_away = std::nullopt)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Starts the next write if there is one and none is in flight. Any thread but the core's: it
  // encodes.
  void Pump() ABSL_LOCKS_EXCLUDED(mutex_);

  // Deadlines: Hello, a write that does not end, an Ack that does not come; and reads that were
  // paused. Every second.
  void Tick(MonoTime now) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  class Reactor;

  struct HeartbeatAnswer {
    uint64_t sequence = 0;
    uint64_t committed_report = 0;
    absl::Duration period;
  };
  struct Command {
    std::string id;
    bool gc_dry_run = false;
  };

  // Reactions, on gRPC's threads.
  void OnReadDone(bool ok) ABSL_LOCKS_EXCLUDED(mutex_);
  void OnWriteDone(bool ok) ABSL_LOCKS_EXCLUDED(mutex_);
  void OnCancel() ABSL_LOCKS_EXCLUDED(mutex_);
  void OnDone() ABSL_LOCKS_EXCLUDED(mutex_);

  // Returns an error that ends the session.
  absl::Status Handle(grpc::ByteBuffer* bytes) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status HandleHello(const quayside::v1::Hello& hello) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status HandleAck(const quayside::v1::Ack& ack) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status SubmitOrRefuse(CoreEvent event);
  // Charges a message and says whether the next read may start now.
  bool ChargeRead(size_t bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Ends the session: once, tells the owner, then finishes the stream as soon as it may.
  void End(absl::Status status, bool reset, std::optional<grpc::ByteBuffer> go_away = std::nullopt)
      ABSL_LOCKS_EXCLUDED(mutex_);
  void PumpLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Takes the next message to write into out_; false when there is none.
  bool TakeNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TakeAssignment() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Constant after construction.
  const SessionId id_;
  SessionOwner& owner_;
  const SessionLimits& limits_;

  absl::Mutex mutex_;
  Stream* stream_ ABSL_GUARDED_BY(mutex_) = nullptr;  // null before Open and after OnDone
  grpc::CallbackServerContext* context_ ABSL_GUARDED_BY(mutex_) = nullptr;

  // Reading. in_ belongs to gRPC while a read is in flight.
  grpc::ByteBuffer in_;
  bool read_paused_ ABSL_GUARDED_BY(mutex_) = false;
  double read_tokens_ ABSL_GUARDED_BY(mutex_);
  MonoTime read_at_ ABSL_GUARDED_BY(mutex_);
  bool greeted_ ABSL_GUARDED_BY(mutex_) = false;  // Hello was handed to the core
  MonoTime opened_at_ ABSL_GUARDED_BY(mutex_);

  // Writing. out_ belongs to gRPC while writing_.
  grpc::ByteBuffer out_;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_assignment_ ABSL_GUARDED_BY(mutex_) = false;
  MonoTime write_started_at_ ABSL_GUARDED_BY(mutex_);
  std::optional<WelcomeFacts> welcome_ ABSL_GUARDED_BY(mutex_);
  bool welcomed_ ABSL_GUARDED_BY(mutex_) = false;  // nothing else goes before Welcome
  std::optional<HeartbeatAnswer> answer_ ABSL_GUARDED_BY(mutex_);
  std::deque<Command> commands_ ABSL_GUARDED_BY(mutex_);
  SharedAssignment next_ ABSL_GUARDED_BY(mutex_);  // replaced freely
  // The one whose specs are being sent; it follows them.
  SharedAssignment current_ ABSL_GUARDED_BY(mutex_);
  std::deque<SpecDigest> specs_to_send_ ABSL_GUARDED_BY(mutex_);
  // What the agent holds: its Hello's, then exactly those that the last Assignment names.
  std::set<SpecDigest> known_specs_ ABSL_GUARDED_BY(mutex_);
  int64_t sent_generation_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t acked_generation_ ABSL_GUARDED_BY(mutex_) = 0;
  MonoTime ack_due_ ABSL_GUARDED_BY(mutex_) = MonoTime::Never();

  // Ending.
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;  // Finish was called: no Start… any more
  absl::Status end_status_ ABSL_GUARDED_BY(mutex_);
  std::optional<grpc::ByteBuffer> go_away_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace quayside::controller
