// Randomness, only for jitter and ids; injected, so that one seed repeats a run.
#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace quayside {

class Random {
 public:
  virtual ~Random() = default;
  virtual uint64_t Next() = 0;

  // Uniform in [0, bound). REQUIRES: bound > 0.
  uint64_t Below(uint64_t bound);
  // Uniform in [0, 1).
  double Unit();
  // `period` ± `fraction`, uniform: Jitter(15 s, 0.2) is 12 s … 18 s.
  absl::Duration Jitter(absl::Duration period, double fraction);
  // `length` characters of base32 (a–z, 2–7): five bits each.
  std::string Base32(int length);
};

// splitmix64 from a seed; not for secrets.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(uint64_t seed) : state_(seed) {}
  uint64_t Next() override;

 private:
  uint64_t state_;
};

// The kernel's generator (getrandom); fit for ids and secrets. Any thread.
class SystemRandom final : public Random {
 public:
  uint64_t Next() override;
};

}  // namespace quayside
