// What a session carries (agent.proto), to protobuf and back: Assignment and Report.
#pragma once

#include "absl/status/statusor.h"
#include "common/model/assignment.h"
#include "common/wire/primitives.h"
#include "quayside/v1/agent.pb.h"

namespace quayside::wire {

// Limits of a Report beside those of its parts (R8, R9). Log tails share a budget, oldest instances
// in the list first: a crash loop of a whole host must not make a Report that cannot be sent.
inline constexpr int kMaxReportEvents = 256;
inline constexpr size_t kMaxReportLogBytes = 1 << 20;

// The specs by digest only: on the wire they travel as SpecBlobs, once per session.
void ToProto(const Assignment& assignment, pb::Assignment* out);
// The result's `specs` is empty; whoever has the blobs of in.spec_digests() adds them
// (agent/session, DecodeAssignment).
absl::StatusOr<Assignment> FromProto(const pb::Assignment& in);

void ToProto(const Report& report, pb::Report* out);
absl::StatusOr<Report> FromProto(const pb::Report& in);

}  // namespace quayside::wire
