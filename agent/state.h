// State is what the agent keeps on its own disk: the last Assignment it acknowledged, one record
// per slot, and which images it pulled. Each file carries a checksum in its first line; one that
// does not match is set aside as "NAME.damaged" and told, never taken for "nothing". Agent thread
// only.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "agent/cleanup.h"
#include "common/base/file.h"
#include "common/model/assignment.h"
#include "common/model/slot_record.h"

namespace quayside::agent {

struct LoadedState {
  std::optional<Assignment> assignment;
  std::map<SlotKey, SlotRecord> records;
  ImageLedger ledger;
  std::vector<std::string> damaged;  // sentences, one per file that was set aside
};

class State {
 public:
  explicit State(FileStore& files) : files_(files) {}

  // Fails only when the directory cannot be read at all.
  absl::StatusOr<LoadedState> Load();
  // Durable when ok; kResourceExhausted when the disk is full. The old content stays otherwise.
  absl::Status SaveAssignment(const Assignment& assignment);
  absl::Status SaveRecord(const SlotRecord& record);
  absl::Status SaveLedger(const ImageLedger& ledger);
  absl::Status RemoveRecord(const SlotKey& slot);

 private:
  // The content behind a matching checksum; nothing for a missing or damaged file.
  std::optional<std::string> ReadChecked(const std::string& name, LoadedState& loaded);
  void SetAside(const std::string& name, const std::string& content, const std::string& why,
                LoadedState& loaded);

  FileStore& files_;
};

}  // namespace quayside::agent
