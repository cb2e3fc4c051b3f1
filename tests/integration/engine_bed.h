// A bed that holds an engine for the conformance suite: the fake one on virtual time, or a real
// Docker Engine. The same cases run on both, so a bed offers what both can do: wait for an answer
// or an event, and images whose programs behave in known ways.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/engine.h"

namespace quayside::agent {

// What the program of an image does.
enum class Program {
  kServes,         // runs on; ends with 0 at SIGTERM; writes "started" to its log
  kIgnoresStop,    // runs on through SIGTERM
  kExitsWith3,     // ends with 3 after some 100 ms
  kCrashLoops,     // ends with 1 at once, in every run
  kTurnsHealthy,   // serves, and its health check passes
  kTurnsUnhealthy  // serves, and its health check fails
};

class EngineBed {
 public:
  virtual ~EngineBed() = default;

  virtual Engine& engine() = 0;
  // An image with this program that the engine can pull: "repository@sha256:…".
  virtual absl::StatusOr<std::string> Image(Program program) = 0;
  // The same repository with a digest that is nowhere.
  virtual absl::StatusOr<std::string> MissingImage() = 0;
  // Waits until `ready` holds, which is asked after each answer and event; false when `patience`
  // runs out first.
  virtual bool Await(const std::function<bool()>& ready, absl::Duration patience) = 0;
  virtual absl::Time Wall() = 0;
  // Runs `change` so that it does not meet `ready` of Await: answers and events come on other
  // threads.
  virtual void Locked(const std::function<void()>& change) = 0;
  virtual bool is_real() const = 0;
};

std::unique_ptr<EngineBed> MakeFakeBed();
// kUnavailable, with the reason, when no engine is given or it cannot be reached (see
// engine_bed_docker.cc).
absl::StatusOr<std::unique_ptr<EngineBed>> MakeDockerBed();

}  // namespace quayside::agent
