#include "common/wire/state_codec.h"

#include "common/wire/primitives.h"
#include "common/wire/status_codec.h"
#include "quayside/v1/state.pb.h"

namespace quayside::wire {
namespace {

constexpr size_t kMaxRecordBytes = 2 << 20;  // eight verdicts with their log tails

void ToProto(const Verdict& verdict, pb::Verdict* message) {
  message->set_instance(verdict.instance.value);
  message->set_reason(CleanText(verdict.reason, kMaxReasonBytes));
  message->set_exit_code(verdict.exit_code);
  message->set_oom_killed(verdict.oom_killed);
  PutTime(verdict.at, message, &pb::Verdict::mutable_at);
  message->set_log_tail(CleanText(verdict.log_tail, kMaxLogTailBytes, Cut::kBeginning));
}

absl::StatusOr<Verdict> FromProto(const pb::Verdict& message) {
  Verdict verdict;
  verdict.instance = InstanceId(message.instance());
  verdict.reason = message.reason();
  verdict.exit_code = message.exit_code();
  verdict.oom_killed = message.oom_killed();
  if (message.has_at()) QS_RETURN_IF_ERROR(TakeTime(message.at(), "verdict.at", &verdict.at));
  verdict.log_tail = message.log_tail();
  return verdict;
}

}  // namespace

std::string EncodeSlotRecord(const SlotRecord& record) {
  pb::SlotRecord message;
  message.set_app(record.slot.app.value);
  message.set_service(record.slot.service.value);
  message.set_slot(record.slot.slot);
  message.set_committed(record.committed.value);
  message.set_previous(record.previous.value);
  message.set_candidate(record.candidate.value);
  message.set_candidate_started(record.candidate_started);
  message.set_candidate_tries(record.candidate_tries);
  PutTime(record.candidate_ran_before, &message, &pb::SlotRecord::mutable_candidate_ran_before);
  for (const Verdict& verdict : record.verdicts) ToProto(verdict, message.add_verdicts());
  for (const absl::Time exit : record.exits) *message.add_exits() = EncodeTime(exit);
  message.set_restart_failures(record.restart_failures);
  message.set_taken_over(record.taken_over);
  PutTime(record.proven_at, &message, &pb::SlotRecord::mutable_proven_at);
  message.set_completed(record.completed);
  message.set_unhealthy_restarts(record.unhealthy_restarts);
  PutTime(record.unhealthy_run, &message, &pb::SlotRecord::mutable_unhealthy_run);
  return message.SerializeAsString();
}

absl::StatusOr<SlotRecord> DecodeSlotRecord(std::string_view bytes) {
  pb::SlotRecord message;
  if (bytes.size() > kMaxRecordBytes ||
      !message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return InvalidArgument("the bytes of a slot record cannot be read");
  }
  SlotRecord record;
  record.slot = {.app = AppName(message.app()),
                 .service = ServiceName(message.service()),
                 .slot = message.slot()};
  if (record.slot.app.empty() || record.slot.service.empty()) {
    return InvalidArgument("a slot record names no slot");
  }
  record.committed = InstanceId(message.committed());
  record.previous = InstanceId(message.previous());
  record.candidate = InstanceId(message.candidate());
  record.candidate_started = message.candidate_started();
  record.candidate_tries = message.candidate_tries();
  if (message.has_candidate_ran_before()) {
    QS_RETURN_IF_ERROR(TakeTime(message.candidate_ran_before(), "candidate_ran_before",
                                &record.candidate_ran_before));
  }
  for (const pb::Verdict& verdict : message.verdicts()) {
    QS_ASSIGN_OR_RETURN(Verdict value, FromProto(verdict));
    record.verdicts.push_back(std::move(value));
  }
  for (const google::protobuf::Timestamp& exit : message.exits()) {
    absl::Time time;
    QS_RETURN_IF_ERROR(TakeTime(exit, "exits", &time));
    record.exits.push_back(time);
  }
  record.restart_failures = message.restart_failures();
  record.taken_over = message.taken_over();
  if (message.has_proven_at()) {
    QS_RETURN_IF_ERROR(TakeTime(message.proven_at(), "proven_at", &record.proven_at));
  }
  record.completed = message.completed();
  record.unhealthy_restarts = message.unhealthy_restarts();
  if (message.has_unhealthy_run()) {
    QS_RETURN_IF_ERROR(TakeTime(message.unhealthy_run(), "unhealthy_run", &record.unhealthy_run));
  }
  return record;
}

}  // namespace quayside::wire
