// Process runs a turn-based program (Core, Agent) in the world, as its main() does with a Mailbox:
// mail waits until the next turn, a turn comes soon after mail or when the program asked for it.
// Killing it drops its mail.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "tests/sim/world.h"

namespace quayside::sim {

template <typename Event>
class Process {
 public:
  // `turn`: one turn over the mail; returns when the next is due at the latest.
  Process(World& world, std::function<MonoTime(std::vector<Event>)> turn)
      : world_(world), turn_(std::move(turn)) {
    WakeAt(world_.Now());
  }
  ~Process() { *alive_ = false; }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void Submit(Event event) {
    mail_.push_back(std::move(event));
    // A turn is not instant: what arrives meanwhile is taken by the same one.
    if (mail_.size() == 1) {
      WakeAt(world_.Now() + world_.Between(absl::Microseconds(10), absl::Microseconds(400)));
    }
  }

 private:
  void WakeAt(MonoTime when) {
    if (when >= wake_) return;
    wake_ = when;
    world_.At(when, [this, alive = alive_, when] {
      if (*alive && wake_ == when) Turn();
    });
  }
  void Turn() {
    wake_ = MonoTime::Never();
    std::vector<Event> mail = std::exchange(mail_, {});
    const Alive alive = alive_;
    MonoTime next = turn_(std::move(mail));
    if (!*alive) return;
    // A program that asks for a turn at once, without end, must not stop the time of the world.
    WakeAt(std::max(next, world_.Now() + absl::Microseconds(50)));
  }

  World& world_;
  std::function<MonoTime(std::vector<Event>)> turn_;
  std::vector<Event> mail_;
  MonoTime wake_ = MonoTime::Never();
  Alive alive_ = std::make_shared<bool>(true);
};

}  // namespace quayside::sim
