#include "controller/dispatch/messages.h"

#include <utility>

#include "common/base/log.h"
#include "common/base/version.h"
#include "common/model/digest.h"
#include "common/wire/convert.h"
#include "common/wire/wire.h"
#include "grpcpp/impl/codegen/proto_utils.h"

namespace quayside::controller {
namespace {

namespace pb = quayside::v1;

// Texts of a Hello: ids, names, versions.
constexpr size_t kMaxHelloText = 255;
constexpr int kMaxHelloLabels = 256;
constexpr size_t kMaxResultBytes = 64 << 10;

grpc::ByteBuffer Serialize(const pb::ControllerMessage& message) {
  grpc::ByteBuffer bytes;
  bool own = false;
  // Fails only when out of memory.
  grpc::SerializationTraits<pb::ControllerMessage>::Serialize(message, &bytes, &own);
  return bytes;
}

absl::Status CheckText(const std::string& text, const char* field) {
  if (text.size() <= kMaxHelloText) return absl::OkStatus();
  return InvalidArgument(std::string("hello.") + field + " is longer than 255 bytes");
}

}  // namespace

grpc::ByteBuffer WelcomeMessage(const WelcomeFacts& facts) {
  pb::ControllerMessage message;
  pb::Welcome* welcome = message.mutable_welcome();
  welcome->set_fleet_id(facts.fleet.value);
  welcome->set_host_id(facts.host.value);
  welcome->mutable_epoch()->set_value(facts.epoch.value);
  welcome->set_session(facts.session);
  *welcome->mutable_heartbeat_period() = wire::EncodeDuration(facts.heartbeat_period);
  *welcome->mutable_lease() = wire::EncodeDuration(facts.lease);
  welcome->set_controller_version(std::string(kVersion));
  return Serialize(message);
}

grpc::ByteBuffer AssignmentMessage(const Assignment& assignment) {
  pb::ControllerMessage message;
  wire::ToProto(assignment, message.mutable_assignment());
  return Serialize(message);
}

grpc::ByteBuffer HeartbeatAnswerMessage(uint64_t sequence, uint64_t committed_report,
                                        absl::Duration period) {
  pb::ControllerMessage message;
  pb::HeartbeatAnswer* answer = message.mutable_heartbeat_answer();
  answer->set_sequence(sequence);
  answer->set_committed_report(committed_report);
  *answer->mutable_heartbeat_period() = wire::EncodeDuration(period);
  return Serialize(message);
}

grpc::ByteBuffer GcCommandMessage(const std::string& id, bool dry_run) {
  pb::ControllerMessage message;
  message.mutable_command()->set_id(id);
  message.mutable_command()->mutable_gc()->set_dry_run(dry_run);
  return Serialize(message);
}

grpc::ByteBuffer GoAwayMessage(const std::string& reason, absl::Duration min, absl::Duration max) {
  pb::ControllerMessage message;
  pb::GoAway* go_away = message.mutable_go_away();
  go_away->set_reason(reason);
  *go_away->mutable_reconnect_after_min() = wire::EncodeDuration(min);
  *go_away->mutable_reconnect_after_max() = wire::EncodeDuration(max);
  return Serialize(message);
}

absl::StatusOr<pb::AgentMessage> ParseAgentMessage(grpc::ByteBuffer* bytes) {
  pb::AgentMessage message;
  const grpc::Status status =
      grpc::SerializationTraits<pb::AgentMessage>::Deserialize(bytes, &message);
  if (!status.ok()) return InvalidArgument("a message of the agent cannot be read");
  return message;
}

absl::StatusOr<AgentHello> HelloFromProto(SessionId session, const pb::Hello& hello) {
  if (hello.name().empty()) return InvalidArgument("hello.name is empty");
  const std::pair<const std::string&, const char*> texts[] = {
      {hello.name(), "name"},
      {hello.host_id(), "host_id"},
      {hello.secret(), "secret"},
      {hello.machine_id(), "machine_id"},
      {hello.boot_id(), "boot_id"},
      {hello.process_nonce(), "process_nonce"},
      {hello.agent_version(), "agent_version"},
      {hello.epoch().value(), "epoch"},
  };
  for (const auto& [text, field] : texts) QS_RETURN_IF_ERROR(CheckText(text, field));
  if (hello.labels_size() > kMaxHelloLabels) {
    return InvalidArgument("hello.labels has more than 256 entries");
  }
  for (const pb::StringEntry& label : hello.labels()) {
    QS_RETURN_IF_ERROR(CheckText(label.key(), "labels"));
    QS_RETURN_IF_ERROR(CheckText(label.value(), "labels"));
  }
  QS_RETURN_IF_ERROR(wire::CheckLength(hello.spec_digests_size(), "hello.spec_digests"));
  AgentHello event{.session = session,
                   .name = hello.name(),
                   .host = HostId(hello.host_id()),
                   .secret = hello.secret(),
                   .machine_id = hello.machine_id(),
                   .boot_id = hello.boot_id(),
                   .process_nonce = hello.process_nonce(),
                   .agent_version = hello.agent_version(),
                   .epoch = StoreEpoch(hello.epoch().value()),
                   .generation = hello.generation()};
  QS_RETURN_IF_ERROR(wire::TakeMap(hello.labels(), "hello.labels", &event.labels));
  QS_ASSIGN_OR_RETURN(event.engine, wire::FromProto(hello.engine()));
  return event;
}

absl::StatusOr<AgentAck> AckFromProto(SessionId session, const pb::Ack& ack) {
  QS_RETURN_IF_ERROR(wire::CheckLength(ack.rejects_size(), "ack.rejects"));
  AgentAck event{.session = session,
                 .epoch = StoreEpoch(ack.epoch().value()),
                 .generation = ack.generation(),
                 .error = wire::CleanText(ack.error(), wire::kMaxReasonBytes)};
  for (const pb::Ack::Reject& reject : ack.rejects()) {
    event.rejections.push_back(
        {AppName(reject.app()), wire::CleanText(reject.reason(), wire::kMaxReasonBytes)});
  }
  return event;
}

absl::StatusOr<AgentCommandResult> CommandResultFromProto(SessionId session,
                                                          const pb::CommandResult& result) {
  QS_RETURN_IF_ERROR(wire::CheckLength(result.lines_size(), "command_result.lines"));
  AgentCommandResult event{.session = session, .id = result.id()};
  if (result.code() != 0) {
    const bool known =
        result.code() > 0 && result.code() <= static_cast<int>(absl::StatusCode::kUnauthenticated);
    event.status = MakeStatus(
        known ? static_cast<absl::StatusCode>(result.code()) : absl::StatusCode::kUnknown,
        wire::CleanText(result.message(), wire::kMaxReasonBytes));
  }
  size_t bytes = 0;
  for (const std::string& line : result.lines()) {
    bytes += line.size();
    if (bytes > kMaxResultBytes) break;
    event.lines.push_back(line);
  }
  return event;
}

grpc::ByteBuffer SpecMessages::Get(const SpecDigest& digest, const ContainerSpec& spec) {
  absl::MutexLock lock(&mutex_);
  if (const auto found = by_digest_.find(digest); found != by_digest_.end()) {
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->message;
  }
  pb::ControllerMessage message;
  message.mutable_spec()->set_digest(digest.value);
  message.mutable_spec()->set_spec(wire::EncodeSpec(spec));
  if (Sha256Digest(message.spec().spec()) != digest.value) {
    // A bug of ours: the stored bytes were written by another encoder. Agents compare digests as
    // strings, so nothing is recreated; but somebody must know.
    Log(LogLevel::kError, "spec_encoding_changed", {{"error", digest.value}});
  }
  entries_.push_front({digest, Serialize(message)});
  by_digest_.emplace(digest, entries_.begin());
  bytes_ += entries_.front().message.Length();
  while (bytes_ > kMaxBytes && entries_.size() > 1) {
    bytes_ -= entries_.back().message.Length();
    by_digest_.erase(entries_.back().digest);
    entries_.pop_back();
  }
  return entries_.front().message;
}

}  // namespace quayside::controller
