// The cases of bench/deploy_latency: each prints its series and, where there is one, the ratio to
// what it was measured beside, in turn, in the same run.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bench/figures.h"
#include "bench/rig.h"
#include "bench/swarm.h"

namespace quayside::bench {

struct Bed {
  std::string directory;
  std::string registry;
  std::vector<std::string> engine_urls;
  std::vector<std::unique_ptr<DirectEngine>> engines;
  std::vector<std::string> versions;  // two images, by digest
  int rounds = 12;
  bool trace = false;  // print what the agent asked its engine in each last round
  absl::Duration idle = absl::Seconds(150);  // how long an idle agent is watched
  SystemClock clock;

  const std::string& Version(int round) const { return versions[static_cast<size_t>(round) % 2]; }
  // Waits until no engine has told anything for a while: nothing of the round before is going on.
  void WaitQuiet();
};

// A service `web`, one container a replica, `min_healthy: 0s`.
struct Composed {
  std::string image;
  uint32_t host_port = 0;  // 0 = the engine chooses one
  int replicas = 1;
  int parallelism = 1;       // 0 = all at once
  bool published = true;     // port 8080 of the container
  std::string network_mode;  // "" = a network of the app's own
  std::string restart;
  std::string probe;  // the value of x-quayside.probe
};
std::string Compose(const Composed& composed);

// "new running, old stopped": the instant at which the last of `replicas` starts and as many ends
// of a service have come since then, on all engines. Ends the program after three minutes.
MonoTime WaitReplaced(Bed& bed, MonoTime since, int replicas, const std::string& service = "web");

// latency_one.cc: one service with one container, on the first engine.
void StartFirst(Bed& bed, Programs& programs, Door& door);
void StopFirst(Bed& bed, Programs& programs, Door& door);
// latency_many.cc: three replicas an engine.
void OneAtATime(Bed& bed, Programs& programs);
void AllAtOnce(Bed& bed, Programs& programs);
// latency_watch.cc: what an agent does by itself.
void CrashRestart(Bed& bed, Programs& programs, Door& door);
void ProbeToReport(Bed& bed, Programs& programs);
void Idle(Bed& bed, Door& door);

}  // namespace quayside::bench
