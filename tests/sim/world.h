// World is the time and the chance of one simulation: a queue of events in virtual time, ordered by
// (time, order of scheduling), and the dice that a seed makes. Everything in a simulation happens
// in one of its events; nothing waits for the real clock. It also keeps the trace: a hash over all
// of it (the same seed gives the same hash) and the last lines for people. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "agent/fake_engine/fake_docker.h"
#include "common/base/clock.h"
#include "common/base/random.h"

namespace quayside::sim {

// A rule that did not hold.
struct Violation {
  MonoTime at;
  std::string rule;  // "R12"
  std::string text;
};

class World final : public agent::fake::FakeScheduler {
 public:
  explicit World(uint64_t seed) : random_(seed) {}

  MonoTime Now() override { return now_; }
  absl::Time Wall() override;
  void At(MonoTime when, absl::AnyInvocable<void()> task) override;
  void After(absl::Duration delay, absl::AnyInvocable<void()> task);
  // Events up to `end`, or to the first violation.
  void RunUntil(MonoTime end);

  Random& random() { return random_; }
  // Uniform in [from, to].
  absl::Duration Between(absl::Duration from, absl::Duration to);
  // True `percent` times of a hundred.
  bool Chance(double percent) { return random_.Unit() * 100 < percent; }

  void Trace(const std::string& line);
  uint64_t trace_hash() const { return hash_; }
  // The newest lines, oldest first.
  const std::deque<std::string>& recent() const { return recent_; }
  uint64_t events() const { return events_; }

  // The first one is kept and ends the run.
  void Violate(const std::string& rule, const std::string& text);
  const std::optional<Violation>& violation() const { return violation_; }

  // "12:34.567" since the beginning.
  std::string Stamp() const;

 private:
  static constexpr size_t kMaxRecent = 400;

  SeededRandom random_;
  MonoTime now_ = MonoTime::FromNanos(0) + absl::Hours(1);
  uint64_t next_order_ = 0;
  std::map<std::pair<MonoTime, uint64_t>, absl::AnyInvocable<void()>> queue_;
  uint64_t events_ = 0;
  uint64_t hash_ = 14695981039346656037u;  // FNV-1a
  std::deque<std::string> recent_;
  std::optional<Violation> violation_;
};

// The clocks of one simulated machine.
class WorldClock final : public Clock {
 public:
  explicit WorldClock(World& world) : world_(world) {}
  MonoTime Now() override { return world_.Now(); }
  absl::Time Wall() override { return world_.Wall(); }

 private:
  World& world_;
};

// A pointer that tells whether its owner still lives: events of a killed process find it dead.
using Alive = std::shared_ptr<bool>;

}  // namespace quayside::sim
