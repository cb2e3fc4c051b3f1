// One run of a simulation from one seed. First a time in which things change and break at random,
// with the checkers watching every event; then everything heals, and all must come to rest in
// bounded time, and good versions must get through (docs/architecture.md).
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "tests/sim/host.h"
#include "tests/sim/world.h"

namespace quayside::sim {

struct Options {
  uint64_t seed = 1;
  int hosts = 3;
  absl::Duration troubled = absl::Minutes(10);   // things change and break
  absl::Duration converges = absl::Minutes(45);  // then there is this long to come to rest
  bool faults = true;
  bool changes = true;  // random ones, beside those of the first minute
  WrapEngine wrap;      // an agent with a rule broken on purpose
};

struct Outcome {
  std::optional<Violation> violation;
  uint64_t trace_hash = 0;
  uint64_t events = 0;
  uint64_t accepted_changes = 0;
  std::deque<std::string> trace;  // the last lines
};

// The whole system: the real Core, Store and Agents.
Outcome RunSystem(const Options& options);
// The real Agents, with a controller that hands out legal Assignments at random.
Outcome RunAgents(const Options& options);

using Runner = Outcome (*)(const Options& options);

// The rule that was broken and the last `lines` of the trace; "" when none was.
std::string Explain(const Options& options, const Outcome& outcome, size_t lines);

// main() of a simulation's test program: GoogleTest's, or with flags a long run.
//   --seed S              one run, with its trace
//   --seeds N [--seed S]  N runs from seed S; the first that breaks a rule is printed and ends it
//   with exit code 1
//   --minutes M --hosts H how long things go wrong in each, in virtual time, and on how many hosts
int SeedsMain(int argc, char** argv, Runner run);

}  // namespace quayside::sim
