// What a host observed, to protobuf and back: the status of an instance, facts of an engine.
// Observed values are never refused for a word that this program does not know: an unknown state is
// kUnknown, an unknown kind of failure counts as infrastructure, which holds a rollout and never
// fails it (R20). Text from outside is made UTF-8 and cut to its limit when it is written.
#pragma once

#include "absl/status/statusor.h"
#include "common/model/assignment.h"
#include "common/wire/primitives.h"

namespace quayside::wire {

inline constexpr size_t kMaxReasonBytes = 4 << 10;    // one sentence, with an engine's answer in it
inline constexpr size_t kMaxLogTailBytes = 64 << 10;  // the newest lines stay

pb::InstanceState EncodeEnum(InstanceState state);
InstanceState DecodeEnum(pb::InstanceState state);

void ToProto(const InstanceStatus& status, pb::InstanceStatus* out);
absl::StatusOr<InstanceStatus> FromProto(const pb::InstanceStatus& in);

void ToProto(const EngineFacts& facts, pb::EngineFacts* out);
absl::StatusOr<EngineFacts> FromProto(const pb::EngineFacts& in);

}  // namespace quayside::wire
