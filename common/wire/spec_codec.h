// ContainerSpec to protobuf and back. What is written is canonical: fields in order of their
// numbers, maps in key order, nothing for what is empty. EncodeSpec's bytes are the spec's identity
// (R25), so what this writes for a given value never changes; a field added later is written only
// when it is set.
#pragma once

#include "absl/status/statusor.h"
#include "common/model/spec.h"
#include "common/wire/primitives.h"

namespace quayside::wire {

void ToProto(const ContainerSpec& spec, pb::ContainerSpec* out);
// kInvalidArgument: an enum value, port or duration that this program cannot mean, a list too long,
// a key twice. Whether the spec makes sense is ValidateAppSpec's to say.
absl::StatusOr<ContainerSpec> FromProto(const pb::ContainerSpec& in);

}  // namespace quayside::wire
