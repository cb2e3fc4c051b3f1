// The messages of a session as the bytes that go on the wire: made once, shared by every stream
// that sends them (a gRPC ByteBuffer counts references). And what comes in, as CoreEvents.
#pragma once

#include <list>
#include <map>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/model/assignment.h"
#include "controller/core/core.h"
#include "grpcpp/support/byte_buffer.h"
#include "quayside/v1/agent.pb.h"

namespace quayside::controller {

grpc::ByteBuffer WelcomeMessage(const WelcomeFacts& facts);
grpc::ByteBuffer AssignmentMessage(const Assignment& assignment);
grpc::ByteBuffer HeartbeatAnswerMessage(uint64_t sequence, uint64_t committed_report,
                                        absl::Duration period);
grpc::ByteBuffer GcCommandMessage(const std::string& id, bool dry_run);
// The agent comes back after a time it chooses in [min, max].
grpc::ByteBuffer GoAwayMessage(const std::string& reason, absl::Duration min, absl::Duration max);

// kInvalidArgument when the bytes are no AgentMessage.
absl::StatusOr<quayside::v1::AgentMessage> ParseAgentMessage(grpc::ByteBuffer* bytes);

// kInvalidArgument when a field breaks a limit.
absl::StatusOr<AgentHello> HelloFromProto(SessionId session, const quayside::v1::Hello& hello);
absl::StatusOr<AgentAck> AckFromProto(SessionId session, const quayside::v1::Ack& ack);
absl::StatusOr<AgentCommandResult> CommandResultFromProto(
    SessionId session, const quayside::v1::CommandResult& result);

// Spec messages by digest, the most recently used ones, at most kMaxBytes of them. Any thread.
class SpecMessages {
 public:
  static constexpr size_t kMaxBytes = 16 << 20;

  grpc::ByteBuffer Get(const SpecDigest& digest, const ContainerSpec& spec)
      ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Entry {
    SpecDigest digest;
    grpc::ByteBuffer message;
  };
  absl::Mutex mutex_;
  std::list<Entry> entries_ ABSL_GUARDED_BY(mutex_);  // most recently used first
  std::map<SpecDigest, std::list<Entry>::iterator> by_digest_ ABSL_GUARDED_BY(mutex_);
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace quayside::controller
