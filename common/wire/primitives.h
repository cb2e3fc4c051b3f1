// The small change of the codec: durations, times, lists, sorted maps, text from outside, and the
// checks that decoding makes. Pure; any thread. Used by the codecs of this folder and by
// controller/api.
//
// What is absent: a zero duration and the Unix epoch (or an infinite time) are written as nothing
// and read back as zero and the epoch.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/status.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "quayside/v1/types.pb.h"

namespace quayside::wire {

namespace pb = quayside::v1;
using StringMap = std::map<std::string, std::string>;
using PbStrings = google::protobuf::RepeatedPtrField<std::string>;
using PbEntries = google::protobuf::RepeatedPtrField<pb::StringEntry>;

// No list in any message is longer than this; a longer one is refused when decoding (R33).
inline constexpr int kMaxListLength = 10'000;

// ---- writing ----

google::protobuf::Duration EncodeDuration(absl::Duration duration);
google::protobuf::Timestamp EncodeTime(absl::Time time);
bool IsNoTime(absl::Time time);

// Sets the field unless the value is zero: PutDuration(h.interval, m, &pb::HealthCheck::mutable_…).
template <typename Message>
void PutDuration(absl::Duration duration, Message* message,
                 google::protobuf::Duration* (Message::*field)()) {
  if (duration != absl::ZeroDuration()) *(message->*field)() = EncodeDuration(duration);
}
template <typename Message>
void PutTime(absl::Time time, Message* message, google::protobuf::Timestamp* (Message::*field)()) {
  if (!IsNoTime(time)) *(message->*field)() = EncodeTime(time);
}

void PutList(const std::vector<std::string>& list, PbStrings* field);
// In key order, so that equal values have equal bytes.
void PutMap(const StringMap& map, PbEntries* field);

// Lists of ids.
template <typename IdType>
void PutIds(const std::vector<IdType>& ids, PbStrings* field) {
  for (const IdType& id : ids) *field->Add() = id.value;
}

// Text that came from outside (logs, engine errors): bytes that are not UTF-8 become U+FFFD,
// because a proto3 string with others makes the receiver refuse the whole message; what is longer
// than `max_bytes` is cut.
enum class Cut { kEnd, kBeginning };  // which part goes
std::string CleanText(std::string_view text, size_t max_bytes, Cut cut = Cut::kEnd);

// ---- reading ----

// kInvalidArgument when out of protobuf's range. `field` names it in the sentence.
absl::Status TakeDuration(const google::protobuf::Duration& value, const char* field,
                          absl::Duration* duration);
absl::Status TakeTime(const google::protobuf::Timestamp& value, const char* field,
                      absl::Time* time);
std::vector<std::string> TakeList(const PbStrings& field);
// kInvalidArgument when a key comes twice.
absl::Status TakeMap(const PbEntries& field, const char* name, StringMap* map);
template <typename IdType>
std::vector<IdType> TakeIds(const PbStrings& field) {
  std::vector<IdType> ids;
  ids.reserve(static_cast<size_t>(field.size()));
  for (const std::string& value : field) ids.emplace_back(value);
  return ids;
}

// Refuses a list that is too long.
absl::Status CheckLength(int length, const char* field);
inline constexpr int64_t kMaxPort = 65'535;
// Refuses a number outside [min, max].
absl::Status CheckRange(int64_t value, int64_t min, int64_t max, const char* field);
// For an enum value that this program does not know.
absl::Status UnknownEnum(const char* field, int value);

// Converts each element of a repeated field: TakeAll(in.ports(), "ports", &spec->ports, FromProto).
template <typename T, typename Message>
absl::Status TakeAll(const google::protobuf::RepeatedPtrField<Message>& field, const char* name,
                     std::vector<T>* values,
                     std::type_identity_t<absl::StatusOr<T> (*)(const Message&)> from) {
  QS_RETURN_IF_ERROR(CheckLength(field.size(), name));
  values->reserve(static_cast<size_t>(field.size()));
  for (const Message& element : field) {
    QS_ASSIGN_OR_RETURN(T value, from(element));
    values->push_back(std::move(value));
  }
  return absl::OkStatus();
}

template <typename T, typename Message>
void PutAll(const std::vector<T>& values, google::protobuf::RepeatedPtrField<Message>* field,
            std::type_identity_t<void (*)(const T&, Message*)> to) {
  field->Reserve(static_cast<int>(values.size()));
  for (const T& value : values) to(value, field->Add());
}

}  // namespace quayside::wire
