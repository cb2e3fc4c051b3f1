// The one codec between domain values and protobuf, for the wire and for what is stored as bytes
// (R25: a spec's digest is taken over the bytes that EncodeSpec made once; whoever receives them
// keeps them as they are). Pure; any thread. Decode fails with kInvalidArgument on bytes that are
// no such message or break a rule of the model.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/model/assignment.h"
#include "common/model/spec.h"

namespace quayside::wire {

std::string EncodeSpec(const ContainerSpec& spec);
absl::StatusOr<ContainerSpec> DecodeSpec(std::string_view bytes);

std::string EncodeApp(const AppSpec& app);
absl::StatusOr<AppSpec> DecodeApp(std::string_view bytes);

// The whole Assignment with its spec bytes: what the agent keeps on disk.
std::string EncodeAssignment(const Assignment& assignment);
absl::StatusOr<Assignment> DecodeAssignment(std::string_view bytes);

}  // namespace quayside::wire
