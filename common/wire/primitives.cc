#include "common/wire/primitives.h"

#include <algorithm>

namespace quayside::wire {
namespace {

// protobuf's Duration: ± 10,000 years.
constexpr int64_t kMaxDurationSeconds = 315'576'000'000;
// protobuf's Timestamp: 0001-01-01 … 9999-12-31.
constexpr int64_t kMinTimeSeconds = -62'135'596'800;
constexpr int64_t kMaxTimeSeconds = 253'402'300'799;
constexpr int32_t kNanosPerSecond = 1'000'000'000;

// The length of the valid UTF-8 sequence at `text`, or 0 (RFC 3629: no overlong forms, no
// surrogates).
size_t Utf8Length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  size_t length = 0;
  unsigned char low = 0x80, high = 0xBF;  // of the second byte
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return 0;
  }
  if (text.size() < length || byte(1) < low || byte(1) > high) return 0;
  for (size_t i = 2; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  return length;
}

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

}  // namespace

google::protobuf::Duration EncodeDuration(absl::Duration duration) {
  const absl::Duration limit = absl::Seconds(kMaxDurationSeconds);
  duration = std::clamp(duration, -limit, limit);
  absl::Duration rest;
  google::protobuf::Duration value;
  value.set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &rest));
  value.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
  return value;
}

bool IsNoTime(absl::Time time) {
  return time == absl::UnixEpoch() || time == absl::InfinitePast() ||
         time == absl::InfiniteFuture();
}

google::protobuf::Timestamp EncodeTime(absl::Time time) {
  const int64_t seconds = absl::ToUnixSeconds(time);  // rounds down, so that nanos are positive
  google::protobuf::Timestamp value;
  value.set_seconds(std::clamp(seconds, kMinTimeSeconds, kMaxTimeSeconds));
  if (value.seconds() == seconds) {
    value.set_nanos(
        static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
  }
  return value;
}

void PutList(const std::vector<std::string>& list, PbStrings* field) {
  field->Assign(list.begin(), list.end());
}

void PutMap(const StringMap& map, PbEntries* field) {
  for (const auto& [key, value] : map) {
    pb::StringEntry* entry = field->Add();
    entry->set_key(key);
    entry->set_value(value);
  }
}

std::string CleanText(std::string_view text, size_t max_bytes, Cut cut) {
  // Cleaning makes text longer, never shorter: what is far beyond the limit need not be looked at.
  // One character more than the limit stays, so that the cut below is made between characters.
  constexpr size_t kLongestCharacter = 4;
  if (text.size() > max_bytes + kLongestCharacter) {
    const size_t kept = max_bytes + kLongestCharacter;
    text = cut == Cut::kEnd ? text.substr(0, kept) : text.substr(text.size() - kept);
  }
  std::string clean;
  clean.reserve(std::min(text.size(), max_bytes));
  for (size_t i = 0; i < text.size();) {
    const size_t length = Utf8Length(text.substr(i));
    if (length == 0) {
      clean += "\xEF\xBF\xBD";
      ++i;
    } else {
      clean += text.substr(i, length);
      i += length;
    }
  }
  if (clean.size() <= max_bytes) return clean;
  // Never in the middle of a character.
  if (cut == Cut::kEnd) {
    size_t end = max_bytes;
    while (end > 0 && IsContinuation(clean[end])) --end;
    clean.resize(end);
  } else {
    size_t begin = clean.size() - max_bytes;
    while (begin < clean.size() && IsContinuation(clean[begin])) ++begin;
    clean.erase(0, begin);
  }
  return clean;
}

absl::Status TakeDuration(const google::protobuf::Duration& value, const char* field,
                          absl::Duration* duration) {
  const bool signs_differ =
      (value.seconds() > 0 && value.nanos() < 0) || (value.seconds() < 0 && value.nanos() > 0);
  if (value.seconds() > kMaxDurationSeconds || value.seconds() < -kMaxDurationSeconds ||
      value.nanos() >= kNanosPerSecond || value.nanos() <= -kNanosPerSecond || signs_differ) {
    return InvalidArgument(std::string(field) + " is no duration that protobuf allows");
  }
  *duration = absl::Seconds(value.seconds()) + absl::Nanoseconds(value.nanos());
  return absl::OkStatus();
}

absl::Status TakeTime(const google::protobuf::Timestamp& value, const char* field,
                      absl::Time* time) {
  if (value.seconds() < kMinTimeSeconds || value.seconds() > kMaxTimeSeconds || value.nanos() < 0 ||
      value.nanos() >= kNanosPerSecond) {
    return InvalidArgument(std::string(field) + " is no time that protobuf allows");
  }
  *time = absl::FromUnixSeconds(value.seconds()) + absl::Nanoseconds(value.nanos());
  return absl::OkStatus();
}

std::vector<std::string> TakeList(const PbStrings& field) { return {field.begin(), field.end()}; }

absl::Status TakeMap(const PbEntries& field, const char* name, StringMap* map) {
  QS_RETURN_IF_ERROR(CheckLength(field.size(), name));
  for (const pb::StringEntry& entry : field) {
    if (!map->emplace(entry.key(), entry.value()).second) {
      return InvalidArgument(std::string(name) + " has the key \"" + entry.key() + "\" twice");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckLength(int length, const char* field) {
  if (length <= kMaxListLength) return absl::OkStatus();
  return InvalidArgument(std::string(field) + " has " + std::to_string(length) +
                         " entries; at most " + std::to_string(kMaxListLength) + " are accepted");
}

absl::Status CheckRange(int64_t value, int64_t min, int64_t max, const char* field) {
  if (value >= min && value <= max) return absl::OkStatus();
  return InvalidArgument(std::string(field) + " is " + std::to_string(value) +
                         "; it must be between " + std::to_string(min) + " and " +
                         std::to_string(max));
}

absl::Status UnknownEnum(const char* field, int value) {
  return InvalidArgument(std::string(field) + " has the value " + std::to_string(value) +
                         ", which this version of Quayside does not know");
}

}  // namespace quayside::wire
