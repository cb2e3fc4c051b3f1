#include "agent/state.h"

#include "common/base/status.h"
#include "common/model/digest.h"
#include "common/wire/state_codec.h"
#include "common/wire/wire.h"

namespace quayside::agent {
namespace {

constexpr char kAssignmentFile[] = "assignment";
constexpr char kLedgerFile[] = "images";
constexpr char kNeeded[] = "needed";
constexpr char kSlotDirectory[] = "slots";
constexpr char kDamagedSuffix[] = ".damaged";

std::string Checked(const std::string& content) { return Sha256Digest(content) + "\n" + content; }

// Names of services are not safe as file names; their digest is.
std::string RecordFile(const SlotKey& slot) {
  constexpr size_t kPrefix = sizeof("sha256:") - 1;
  return std::string(kSlotDirectory) + "/" +
         Sha256Digest(quayside::ToString(slot)).substr(kPrefix, 32);
}

// One image a line: reference, space, "needed" or since when it is not. A line that cannot be read
// is left out: that image is then never cleaned up.
ImageLedger ReadLedger(const std::string& text) {
  ImageLedger ledger;
  size_t begin = 0;
  for (size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
    const std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    const size_t space = line.find(' ');
    if (space == std::string::npos) continue;
    const std::string since = line.substr(space + 1);
    absl::Time time = absl::InfiniteFuture();
    std::string error;
    if (since != kNeeded && !absl::ParseTime(absl::RFC3339_full, since, &time, &error)) continue;
    ledger[line.substr(0, space)] = time;
  }
  return ledger;
}

}  // namespace

void State::SetAside(const std::string& name, const std::string& content, const std::string& why,
                     LoadedState& loaded) {
  std::string told = "file " + name + " of the agent " + why;
  const absl::Status copied = files_.Write(name + kDamagedSuffix, content);
  if (copied.ok() && files_.Remove(name).ok()) {
    told += "; it was set aside as " + name + kDamagedSuffix;
  } else {
    told += "; it could not be set aside";
  }
  loaded.damaged.push_back(std::move(told));
}

std::optional<std::string> State::ReadChecked(const std::string& name, LoadedState& loaded) {
  absl::StatusOr<std::string> content = files_.Read(name);
  if (!content.ok()) {
    if (!absl::IsNotFound(content.status())) {
      loaded.damaged.push_back("file " + name +
                               " of the agent cannot be read: " + Message(content.status()));
    }
    return std::nullopt;
  }
  const size_t line = content->find('\n');
  std::string body = line == std::string::npos ? "" : content->substr(line + 1);
  if (line == std::string::npos || content->substr(0, line) != Sha256Digest(body)) {
    SetAside(name, *content, "does not match its checksum", loaded);
    return std::nullopt;
  }
  return body;
}

absl::StatusOr<LoadedState> State::Load() {
  LoadedState loaded;
  if (std::optional<std::string> bytes = ReadChecked(kAssignmentFile, loaded)) {
    absl::StatusOr<Assignment> assignment = wire::DecodeAssignment(*bytes);
    if (assignment.ok()) {
      loaded.assignment = *std::move(assignment);
    } else {
      SetAside(kAssignmentFile, Checked(*bytes), "cannot be read: " + Message(assignment.status()),
               loaded);
    }
  }
  if (const std::optional<std::string> text = ReadChecked(kLedgerFile, loaded)) {
    loaded.ledger = ReadLedger(*text);
  }
  absl::StatusOr<std::vector<std::string>> names = files_.List(kSlotDirectory);
  if (!names.ok()) return names.status();
  for (const std::string& name : *names) {
    if (name.find('.') != std::string::npos) continue;  // set aside, or a write that was cut off
    const std::optional<std::string> bytes = ReadChecked(name, loaded);
    if (!bytes) continue;
    absl::StatusOr<SlotRecord> record = wire::DecodeSlotRecord(*bytes);
    if (record.ok()) {
      const SlotKey key = record->slot;
      loaded.records.insert_or_assign(key, *std::move(record));
    } else {
      SetAside(name, Checked(*bytes), "cannot be read: " + Message(record.status()), loaded);
    }
  }
  return loaded;
}

absl::Status State::SaveAssignment(const Assignment& assignment) {
  return WithContext(files_.Write(kAssignmentFile, Checked(wire::EncodeAssignment(assignment))),
                     "storing assignment " + std::to_string(assignment.generation));
}

absl::Status State::SaveRecord(const SlotRecord& record) {
  return WithContext(files_.Write(RecordFile(record.slot), Checked(wire::EncodeSlotRecord(record))),
                     "storing the record of " + quayside::ToString(record.slot));
}

absl::Status State::SaveLedger(const ImageLedger& ledger) {
  std::string text;
  for (const auto& [image, since] : ledger) {
    const bool needed = since == absl::InfiniteFuture();
    text += image + " " + (needed ? kNeeded : absl::FormatTime(since, absl::UTCTimeZone())) + "\n";
  }
  return WithContext(files_.Write(kLedgerFile, Checked(text)), "storing the list of images");
}

absl::Status State::RemoveRecord(const SlotKey& slot) { return files_.Remove(RecordFile(slot)); }

}  // namespace quayside::agent
