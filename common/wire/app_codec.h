// AppSpec to protobuf and back: the body of an apply, and what a revision stores.
#pragma once

#include "absl/status/statusor.h"
#include "common/model/spec.h"
#include "common/wire/primitives.h"

namespace quayside::wire {

void ToProto(const AppSpec& app, pb::AppSpec* out);
// kInvalidArgument as FromProto(ContainerSpec) says; the sentence names the service.
absl::StatusOr<AppSpec> FromProto(const pb::AppSpec& in);

}  // namespace quayside::wire
