// FakeRegistry: which images can be pulled, and how pulls go. Shared by the hosts of a simulation.
// What an image's program does when it runs is declared with it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace quayside::agent::fake {

// What the program of an image does.
struct FakeBehaviour {
  // Each of the first `failing_runs` runs (-1 = every run) exits by itself after this; unset = it
  // runs on.
  std::optional<absl::Duration> exits_after;
  int failing_runs = -1;
  int32_t exit_code = 1;
  bool oom_killed = false;  // that exit is the kernel's, with code 137
  // How it takes its stop signal: it ignores it (and dies of SIGKILL when the grace is over), or
  // ends after `stop_takes`.
  bool ignores_stop = false;
  absl::Duration stop_takes = absl::Milliseconds(10);
  int32_t stop_exit_code = 0;
  // The engine's health check, if image or spec has one: healthy after this, or never.
  std::optional<absl::Duration> healthy_after = absl::Milliseconds(500);
  // The agent's probe: passes from this on after a start; unset = never.
  std::optional<absl::Duration> probe_passes_after = absl::Milliseconds(20);
  std::string start_error;  // the engine refuses to start it, with this sentence
  int32_t exec_exit_code = 0;
  bool exec_hangs = false;
  std::string log = "started\n";  // written at each start
  bool operator==(const FakeBehaviour&) const = default;
};

struct FakeImage {
  std::string image;  // "repository@sha256:…"
  std::vector<std::string> platforms = {"linux/amd64"};
  FakeBehaviour behaviour;
  std::vector<std::string> volumes;
  bool has_health_check = false;
  int64_t size_bytes = 1'000'000;
  bool operator==(const FakeImage&) const = default;
};

class FakeRegistry {
 public:
  void Push(FakeImage image) { images_[image.image] = std::move(image); }
  void Remove(const std::string& image) { images_.erase(image); }
  const FakeImage* Find(const std::string& image) const {
    const auto found = images_.find(image);
    return found == images_.end() ? nullptr : &found->second;
  }

  // While not ok, every pull ends with it.
  absl::Status error;
  absl::Duration pull_time = absl::Milliseconds(200);

 private:
  std::map<std::string, FakeImage> images_;
};

}  // namespace quayside::agent::fake
