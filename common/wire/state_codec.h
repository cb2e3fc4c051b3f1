// The codec of the agent's slot records (agent/state.h keeps them).
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/model/slot_record.h"

namespace quayside::wire {

std::string EncodeSlotRecord(const SlotRecord& record);
// kInvalidArgument on bytes that are no record of a slot.
absl::StatusOr<SlotRecord> DecodeSlotRecord(std::string_view bytes);

}  // namespace quayside::wire
