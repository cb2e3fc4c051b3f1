// The small values of a compose file, from text: durations, sizes, numbers. Pure; any thread. An
// error is half a sentence that says what is expected, to stand after a place and a key.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace quayside::compose {

// "1m30s", "1.5s", "300ms", "2d"; units ns us µs ms s m h d w; "0" needs none. Not negative, at
// most ten years.
absl::StatusOr<absl::Duration> ParseDuration(std::string_view text);

// "1m30s": read back by ParseDuration to the same, to the nanosecond.
std::string DurationText(absl::Duration duration);

// "64m", "1.5GiB", "1024": k, m, g, t, p are powers of 1024 in every spelling, as Docker reads
// them.
absl::StatusOr<int64_t> ParseBytes(std::string_view text);

// "0.5" → 500000000. Not negative.
absl::StatusOr<int64_t> ParseNanoCpus(std::string_view text);
std::string NanoCpusText(int64_t nano_cpus);

// A whole number in [min, max]; decimal, or 0x…, 0o… .
absl::StatusOr<int64_t> ParseInteger(std::string_view text, int64_t min, int64_t max);

// A number like 0.25, in [min, max].
absl::StatusOr<double> ParseReal(std::string_view text, double min, double max);
// The shortest text that ParseReal reads back to the same.
std::string RealText(double value);

// true, yes, on, y and their opposites, in any case.
absl::StatusOr<bool> ParseBool(std::string_view text);

}  // namespace quayside::compose
