// Parse turns an argument vector and the environment into an Invocation: which verb, its operands
// and flags, all checked against the verb table. The only user of CLI11. Pure; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ctl/verbs.h"

namespace quayside::ctl {

using Environment = std::map<std::string, std::string, std::less<>>;

struct Invocation {
  const Verb* verb = nullptr;  // nullptr only with `help` or `version`
  std::string topic;           // with `help`: the words before it: "", "host", "host ls"
  bool help = false;
  bool version = false;
  std::vector<std::string> operands;
  std::map<std::string, std::vector<std::string>, std::less<>>
      flags;  // by name; a switch is "true"

  bool Has(std::string_view flag) const { return flags.find(flag) != flags.end(); }
  // The last value; "" when it is not there.
  std::string Value(std::string_view flag) const;
  std::vector<std::string> Values(std::string_view flag) const;
  // "table" when nothing was said.
  std::string Output() const;
};

// `arguments` without the program's name. kInvalidArgument with one sentence: an unknown verb or
// flag names the nearest known one.
absl::StatusOr<Invocation> Parse(const std::vector<std::string>& arguments,
                                 const Environment& environment);

// "10m", "1h30m", "90s", also a plain number of seconds. kInvalidArgument when it is none, or not
// above zero.
absl::StatusOr<absl::Duration> ParseTimeout(std::string_view text);
inline constexpr int64_t kMaxRevision = int64_t{1} << 53;  // what JSON carries exactly
// A whole number in [min, max]; `what` names it in the error.
absl::StatusOr<int64_t> ParseNumber(std::string_view text, int64_t min, int64_t max,
                                    std::string_view what);

}  // namespace quayside::ctl
