#include "tests/sim/world.h"

#include <cstdio>

namespace quayside::sim {
namespace {

const MonoTime kStart = MonoTime::FromNanos(0) + absl::Hours(1);

}  // namespace

absl::Time World::Wall() { return absl::FromUnixSeconds(1'800'000'000) + (now_ - kStart); }

void World::At(MonoTime when, absl::AnyInvocable<void()> task) {
  if (when.is_never()) return;
  queue_.emplace(std::pair(std::max(when, now_), next_order_++), std::move(task));
}

void World::After(absl::Duration delay, absl::AnyInvocable<void()> task) {
  At(now_ + delay, std::move(task));
}

void World::RunUntil(MonoTime end) {
  while (!violation_ && !queue_.empty() && queue_.begin()->first.first <= end) {
    auto next = queue_.extract(queue_.begin());
    now_ = next.key().first;
    ++events_;
    next.mapped()();
  }
  if (!violation_) now_ = std::max(now_, end);
}

absl::Duration World::Between(absl::Duration from, absl::Duration to) {
  return absl::Microseconds(absl::ToInt64Microseconds(from + (to - from) * random_.Unit()));
}

void World::Trace(const std::string& line) {
  const std::string text = Stamp() + " " + line;
  for (const char byte : text) hash_ = (hash_ ^ static_cast<uint8_t>(byte)) * 1099511628211u;
  recent_.push_back(text);
  if (recent_.size() > kMaxRecent) recent_.pop_front();
}

void World::Violate(const std::string& rule, const std::string& text) {
  Trace("VIOLATION " + rule + ": " + text);
  if (!violation_) violation_ = Violation{now_, rule, text};
}

std::string World::Stamp() const {
  const int64_t ms = absl::ToInt64Milliseconds(now_ - kStart);
  char text[32];
  std::snprintf(text, sizeof(text), "%02lld:%02lld.%03lld", static_cast<long long>(ms / 60'000),
                static_cast<long long>(ms / 1000 % 60), static_cast<long long>(ms % 1000));
  return text;
}

}  // namespace quayside::sim
