#include "common/base/random.h"

#include <sys/random.h>

#include "common/base/check.h"

namespace quayside {

uint64_t Random::Below(uint64_t bound) {
  QS_CHECK(bound > 0);
  // Rejection keeps the distribution uniform for every bound.
  const uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
  uint64_t value = Next();
  while (value >= limit) value = Next();
  return value % bound;
}

double Random::Unit() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }

absl::Duration Random::Jitter(absl::Duration period, double fraction) {
  return period * (1.0 - fraction + 2.0 * fraction * Unit());
}

std::string Random::Base32(int length) {
  static constexpr char kAlphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
  std::string text;
  text.reserve(static_cast<size_t>(length));
  for (int i = 0; i < length; ++i) text.push_back(kAlphabet[Next() >> 59]);
  return text;
}

// splitmix64 (Steele, Lea, Flood 2014): full period, any seed is good.
uint64_t SeededRandom::Next() {
  state_ += 0x9e3779b97f4a7c15ULL;
  uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

uint64_t SystemRandom::Next() {
  uint64_t value = 0;
  // 8 bytes never come back short once the pool is initialised (getrandom(2)).
  QS_CHECK(getrandom(&value, sizeof value, 0) == sizeof value);
  return value;
}

}  // namespace quayside
