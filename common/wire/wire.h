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

// Limits (R8). A spec and an Assignment are refused at apply when they are larger; decoding refuses
// them too. An app may have many services that share little. What the agent stores is an Assignment
// of at most 2 MiB and its specs.
inline constexpr size_t kMaxSpecBytes = 256 << 10;
inline constexpr size_t kMaxAppBytes = 2 << 20;
inline constexpr size_t kMaxAssignmentBytes = 2 << 20;
inline constexpr size_t kMaxStoredAssignmentBytes = 16 << 20;

std::string EncodeSpec(const ContainerSpec& spec);
absl::StatusOr<ContainerSpec> DecodeSpec(std::string_view bytes);

std::string EncodeApp(const AppSpec& app);
absl::StatusOr<AppSpec> DecodeApp(std::string_view bytes);

// The whole Assignment with its spec bytes: what the agent keeps on disk. A spec's bytes as they
// were received are kept (Assignment::received); without them the spec is encoded.
std::string EncodeAssignment(const Assignment& assignment);
absl::StatusOr<Assignment> DecodeAssignment(std::string_view bytes);

}  // namespace quayside::wire
