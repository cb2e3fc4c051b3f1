// SessionStream is one attempt at a session: its own channel (so its own connection), context and
// reactor. It writes what its Outbox gives it, one message at a time, and hands over what comes.
// Never destroyed inside a reaction: whoever made it drops it on a thread of his own, after
// Handler::OnEnded. Thread-safe.
#pragma once

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "grpcpp/support/client_callback.h"
#include "quayside/v1/agent.grpc.pb.h"

namespace quayside::agent {

class SessionStream final
    : public grpc::ClientBidiReactor<v1::AgentMessage, v1::ControllerMessage> {
 public:
  // Called on gRPC's threads, and TakeNext also where Pump is called. None may block.
  class Handler {
   public:
    virtual ~Handler() = default;
    // An error ends the stream.
    virtual absl::Status OnMessage(uint64_t attempt, v1::ControllerMessage* message) = 0;
    // The next message to write; false when there is none now.
    virtual bool TakeNext(uint64_t attempt, v1::AgentMessage* message) = 0;
    // The last call; the stream is not touched afterwards.
    virtual void OnEnded(uint64_t attempt, absl::Status status) = 0;
  };

  // `handler` outlives the stream's OnEnded.
  SessionStream(Handler& handler, uint64_t attempt, const std::string& target);

  // Dials and sends what waits. Once.
  void Start();
  // Sends what waits, unless a write is in flight: then it is sent after that.
  void Pump() ABSL_LOCKS_EXCLUDED(mutex_);
  // Says goodbye (half-closes) after the write in flight; the controller then ends the stream.
  void Leave() ABSL_LOCKS_EXCLUDED(mutex_);
  void Cancel() { context_.TryCancel(); }

 private:
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

  void Read(bool ok);
  // No operation is started from outside a reaction any more: lets OnDone come.
  void Release() ABSL_LOCKS_EXCLUDED(mutex_);

  Handler& handler_;
  const uint64_t attempt_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::AgentService::Stub> stub_;
  grpc::ClientContext context_;

  v1::ControllerMessage in_;  // gRPC's while a read is in flight
  v1::AgentMessage out_;      // gRPC's while writing_

  absl::Mutex mutex_;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool again_ ABSL_GUARDED_BY(mutex_) = false;  // Pump came while writing_
  bool leaving_ ABSL_GUARDED_BY(mutex_) = false;
  bool half_closed_ ABSL_GUARDED_BY(mutex_) = false;
  bool released_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status our_error_ ABSL_GUARDED_BY(mutex_);  // why we ended it, when we did
};

}  // namespace quayside::agent
