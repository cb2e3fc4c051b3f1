// Three replicas an engine, replaced one at a time and all at once, beside Swarm. All containers
// are on the default bridge, as Swarm's are.
#include <algorithm>
#include <thread>

#include "bench/latency.h"

namespace quayside::bench {
namespace {

constexpr int kReplicasPerEngine = 3;
constexpr int kFloorInFlight = 2;  // per engine: with more, each only gets slower

// Replicas made directly, spread over the engines.
class Floor {
 public:
  Floor(Bed& bed, int replicas)
      : bed_(bed),
        spec_(SpecOf(bed.directory, "floor",
                     Compose({.image = bed.Version(0), .network_mode = "bridge"}))) {
    for (int i = 0; i < replicas; ++i) {
      const size_t number = static_cast<size_t>(i);
      old_.push_back(EngineOf(number).Create(spec_, "floor-" + std::to_string(i)));
      EngineOf(number).Start(old_.back());
    }
  }
  ~Floor() {
    for (size_t i = 0; i < old_.size(); ++i) {
      EngineOf(i).Stop(old_[i]);
      EngineOf(i).Remove(old_[i]);
    }
  }

  absl::Duration OneAfterTheOther(const std::string& image) {
    spec_.image = image;
    std::vector<std::string> retired;
    const MonoTime begin = bed_.clock.Now();
    for (size_t i = 0; i < old_.size(); ++i) retired.push_back(Replace(i));
    const absl::Duration took = EndOf(begin);
    for (size_t i = 0; i < old_.size(); ++i) EngineOf(i).Remove(retired[i]);
    return took;
  }

  // All engines side by side, on each so many in flight.
  absl::Duration SideBySide(const std::string& image) {
    spec_.image = image;
    std::vector<std::string> retired(old_.size());
    const size_t engines = bed_.engines.size();
    const MonoTime begin = bed_.clock.Now();
    std::vector<std::thread> workers;
    for (size_t engine = 0; engine < engines; ++engine) {
      for (size_t lane = 0; lane < kFloorInFlight; ++lane) {
        workers.emplace_back([&, engine, lane] {
          for (size_t i = engine + lane * engines; i < old_.size(); i += kFloorInFlight * engines) {
            retired[i] = Replace(i);
          }
        });
      }
    }
    for (std::thread& worker : workers) worker.join();
    const absl::Duration took = EndOf(begin);
    for (size_t i = 0; i < old_.size(); ++i) EngineOf(i).Remove(retired[i]);
    return took;
  }

 private:
  absl::Duration EndOf(MonoTime begin) {
    return WaitReplaced(bed_, begin, static_cast<int>(old_.size()), DirectEngine::kFloor) - begin;
  }
  DirectEngine& EngineOf(size_t replica) { return *bed_.engines[replica % bed_.engines.size()]; }
  std::string Replace(size_t replica) {
    DirectEngine& engine = EngineOf(replica);
    const std::string next = engine.Create(spec_, "floor-" + std::to_string(replica));
    engine.Start(next);
    engine.Stop(old_[replica]);
    return std::exchange(old_[replica], next);
  }

  Bed& bed_;
  ContainerSpec spec_;
  std::vector<std::string> old_;
};

absl::Duration BySwarm(Bed& bed, Swarm& swarm, const std::string& image, int replicas) {
  const MonoTime begin = bed.clock.Now();
  swarm.Update("swarm-web", image);
  const absl::Duration took = WaitReplaced(bed, begin, replicas, "swarm-web") - begin;
  swarm.WaitCompleted("swarm-web");
  bed.WaitQuiet();
  return took;
}

absl::Duration ByUs(Bed& bed, Programs& programs, const std::string& app, const std::string& image,
                    int replicas) {
  programs.Connect();
  const MonoTime begin = bed.clock.Now();
  programs.Deploy(app, "web", image);
  const absl::Duration took = WaitReplaced(bed, begin, replicas) - begin;
  programs.WaitSucceeded(app);
  bed.WaitQuiet();
  return took;
}

int ReplicasOf(const Bed& bed) { return kReplicasPerEngine * static_cast<int>(bed.engines.size()); }

}  // namespace

void OneAtATime(Bed& bed, Programs& programs) {
  const int replicas = ReplicasOf(bed);
  Series ours(std::to_string(replicas) + " replicas one at a time"),
      floor("floor, one after the other"), swarm("Swarm, one at a time");
  programs.Apply("rolling", Compose({.image = bed.Version(0),
                                     .replicas = replicas,
                                     .parallelism = 1,
                                     .network_mode = "bridge"}));
  Floor by_hand(bed, replicas);
  Swarm beside(bed.engine_urls);
  beside.Create({.name = "swarm-web", .image = bed.Version(0), .replicas = replicas});
  bed.WaitQuiet();
  for (int round = 1; round <= std::max(2, bed.rounds / 3); ++round) {
    floor.Add(by_hand.OneAfterTheOther(bed.Version(round)));
    bed.WaitQuiet();
    ours.Add(ByUs(bed, programs, "rolling", bed.Version(round), replicas));
    swarm.Add(BySwarm(bed, beside, bed.Version(round), replicas));
  }
  beside.Remove("swarm-web");
  Print(floor);
  PrintBeside(ours, floor);
  PrintBeside(swarm, floor);
  programs.Remove("rolling");
}

void AllAtOnce(Bed& bed, Programs& programs) {
  const int replicas = ReplicasOf(bed);
  Series ours(std::to_string(replicas) + " replicas all at once"),
      floor("floor, two in flight an engine"), swarm("Swarm, all at once");
  programs.Apply("flood", Compose({.image = bed.Version(0),
                                   .replicas = replicas,
                                   .parallelism = 0,
                                   .network_mode = "bridge"}));
  Floor by_hand(bed, replicas);
  Swarm beside(bed.engine_urls);
  beside.Create(
      {.name = "swarm-web", .image = bed.Version(0), .replicas = replicas, .parallelism = 0});
  bed.WaitQuiet();
  for (int round = 1; round <= bed.rounds; ++round) {
    floor.Add(by_hand.SideBySide(bed.Version(round)));
    bed.WaitQuiet();
    ours.Add(ByUs(bed, programs, "flood", bed.Version(round), replicas));
    swarm.Add(BySwarm(bed, beside, bed.Version(round), replicas));
  }
  beside.Remove("swarm-web");
  Print(floor);
  PrintBeside(ours, floor);
  Print(swarm);
  PrintBeside(ours, swarm);
  programs.Remove("flood");
}

}  // namespace quayside::bench
