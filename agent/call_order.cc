#include "agent/call_order.h"

#include <type_traits>

namespace quayside::agent {

std::string OrderKey(const EngineCall& call) {
  return std::visit(
      [](const auto& c) -> std::string {
        using Call = std::decay_t<decltype(c)>;
        if constexpr (std::is_same_v<Call, ReadLogs> || std::is_same_v<Call, ExecCommand>) {
          return "";
        } else if constexpr (std::is_same_v<Call, CreateContainer>) {
          return c.plan.name;
        } else if constexpr (requires { c.container; }) {
          return c.container;
        } else {
          return "";
        }
      },
      call);
}

CallOrder::Entered CallOrder::Enter(const std::string& key, Entry& entry) {
  absl::MutexLock lock(&mutex_);
  const auto [queue, first] = waiting_.try_emplace(key);
  if (first) return Entered::kBegin;
  if (queue->second.size() >= kMaxWaiting) return Entered::kRefused;
  queue->second.push_back(std::move(entry));
  return Entered::kWaits;
}

std::optional<CallOrder::Entry> CallOrder::Leave(const std::string& key) {
  absl::MutexLock lock(&mutex_);
  const auto queue = waiting_.find(key);
  if (queue == waiting_.end()) return std::nullopt;
  if (queue->second.empty()) {
    waiting_.erase(queue);
    return std::nullopt;
  }
  Entry next = std::move(queue->second.front());
  queue->second.pop_front();
  return next;
}

}  // namespace quayside::agent
