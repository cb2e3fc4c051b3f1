#include "controller/schedule/breaker.h"

#include <algorithm>

namespace quayside::controller {

BreakerVerdict DecideBreaker(const BreakerFacts& facts, const BreakerRules& rules, MonoTime now) {
  BreakerVerdict verdict;
  if (facts.lost_at.empty()) return verdict;
  verdict.together =
      static_cast<int>(std::count_if(facts.lost_at.begin(), facts.lost_at.end(),
                                     [&](MonoTime at) { return now - at < rules.window; }));
  const MonoTime closes_at =
      *std::max_element(facts.lost_at.begin(), facts.lost_at.end()) + rules.stable;
  if (facts.open) {
    verdict.open = now < closes_at;
  } else {
    const int there = facts.present + verdict.together;
    const bool many = verdict.together >= rules.least && verdict.together >= rules.share * there;
    const bool all = facts.present == 0 && verdict.together > 0 &&
                     static_cast<int>(facts.lost_at.size()) >= rules.least;
    verdict.open = many || all;
  }
  if (verdict.open) verdict.closes_at = closes_at;
  return verdict;
}

}  // namespace quayside::controller
