// One service with one container: what is between the commit and "new running, old stopped".
#include <algorithm>

#include "bench/latency.h"

namespace quayside::bench {
namespace {

constexpr uint32_t kOurPort = 18480;
constexpr uint32_t kFloorPort = 18481;
constexpr uint32_t kSwarmPort = 18482;

// The same containers, replaced by hand: all that it takes when the image is local.
class Floor {
 public:
  Floor(Bed& bed, const Composed& composed)
      : bed_(bed),
        engine_(*bed.engines[0]),
        clock_(bed.clock),
        spec_(SpecOf(bed.directory, "floor", Compose(composed))) {
    engine_.EnsureNetworks(spec_);
    old_ = engine_.Create(spec_, "floor");
    engine_.Start(old_);
  }
  ~Floor() {
    engine_.Stop(old_);
    engine_.Remove(old_);
  }

  // `safe`: with the calls that a safe replacement makes besides: it looks at what it made and
  // started, and lets dockerd restart the new one before the old one stops.
  absl::Duration StartFirst(const std::string& image, bool safe) {
    spec_.image = image;
    const MonoTime begin = clock_.Now();
    const std::string next = engine_.Create(spec_, "floor");
    if (safe) engine_.Call(agent::InspectContainer{next});
    engine_.Start(next);
    if (safe) {
      engine_.Call(agent::InspectContainer{next});
      engine_.Call(agent::SetPolicy{next, agent::ArmedPolicy::kUnlessStopped});
    }
    engine_.Stop(old_);
    const absl::Duration took = WaitReplaced(bed_, begin, 1, DirectEngine::kFloor) - begin;
    Keep(next);
    return took;
  }

  absl::Duration StopFirst(const std::string& image, absl::Duration* outage) {
    spec_.image = image;
    const MonoTime begin = clock_.Now();
    const std::string next = engine_.Create(spec_, "floor");
    const MonoTime down = clock_.Now();
    engine_.Stop(old_);
    engine_.Start(next);
    const MonoTime end = WaitReplaced(bed_, begin, 1, DirectEngine::kFloor);
    *outage = end - down;
    Keep(next);
    return end - begin;
  }

 private:
  void Keep(const std::string& next) {
    engine_.Remove(old_);
    old_ = next;
  }

  Bed& bed_;
  DirectEngine& engine_;
  SystemClock& clock_;
  ContainerSpec spec_;
  std::string old_;
};

MonoTime FirstEvent(DirectEngine& engine, MonoTime since, const std::string& action,
                    const std::string& service) {
  for (const DirectEngine::Seen& seen : engine.EventsSince(since)) {
    if (seen.action == action && seen.service == service) return seen.at;
  }
  return MonoTime::Never();
}

// An update by Swarm: how long it took, and its first step (`create`) after it was accepted.
absl::Duration BySwarm(Bed& bed, Swarm& swarm, const std::string& image, Series& first) {
  const MonoTime begin = bed.clock.Now();
  swarm.Update("swarm-web", image);
  const MonoTime accepted = bed.clock.Now();
  const absl::Duration took = WaitReplaced(bed, begin, 1, "swarm-web") - begin;
  first.Add(FirstEvent(*bed.engines[0], begin, "create", "swarm-web") - accepted);
  swarm.WaitCompleted("swarm-web");
  bed.WaitQuiet();
  return took;
}

// One deploy of ours; the commit comes before both the agent's first call and our reply, in any
// order of those two.
absl::Duration ByUs(Bed& bed, Programs& programs, Door& door, const std::string& app,
                    const std::string& image, Series* first) {
  programs.Connect();
  const MonoTime begin = bed.clock.Now();
  programs.Deploy(app, "web", image);
  const MonoTime committed = bed.clock.Now();
  const absl::Duration took = WaitReplaced(bed, begin, 1) - begin;
  if (first != nullptr) {
    first->Add(std::max(absl::ZeroDuration(), door.FirstAsked(begin) - committed));
  }
  programs.WaitSucceeded(app);
  bed.WaitQuiet();
  return took;
}

void PrintOver(const Series& series, const Series& floor) {
  Series over("  over the floor, by pairs");
  for (size_t i = 0; i < series.values().size(); ++i) {
    over.Add(series.values()[i] - floor.values()[i]);
  }
  Print(over);
}

}  // namespace

void StartFirst(Bed& bed, Programs& programs, Door& door) {
  Series first("committed -> first engine call"), ours("start-first"), floor("floor start-first"),
      safe("floor start-first, inspected and armed"), swarm_first("Swarm: accepted -> create"),
      swarm("Swarm start-first");
  programs.Apply("surge", Compose({.image = bed.Version(0)}));
  Floor by_hand(bed, {.image = bed.Version(0)});
  Swarm beside({bed.engine_urls[0]});
  beside.Create({.name = "swarm-web", .image = bed.Version(0), .on_manager = true});
  bed.WaitQuiet();
  MonoTime last;
  for (int round = 1; round <= bed.rounds; ++round) {
    floor.Add(by_hand.StartFirst(bed.Version(round), false));
    bed.WaitQuiet();
    safe.Add(by_hand.StartFirst(bed.Version(round + 1), true));
    bed.WaitQuiet();
    last = bed.clock.Now();
    ours.Add(ByUs(bed, programs, door, "surge", bed.Version(round), &first));
    if (bed.trace && round == bed.rounds) door.PrintTrace(last);
    swarm.Add(BySwarm(bed, beside, bed.Version(round), swarm_first));
  }
  beside.Remove("swarm-web");
  Print(first);
  Print(swarm_first);
  Print(floor);
  Print(safe);
  PrintBeside(ours, floor);
  PrintOver(ours, floor);
  PrintBeside(ours, safe);
  PrintOver(ours, safe);
  PrintBeside(swarm, floor);
  programs.Remove("surge");
}

void StopFirst(Bed& bed, Programs& programs, Door& door) {
  Series ours("stop-first"), floor("floor stop-first"), outage("outage"),
      outage_floor("floor stop + start"), swarm_first("Swarm: accepted -> create"),
      swarm("Swarm stop-first");
  programs.Apply("swap", Compose({.image = bed.Version(0), .host_port = kOurPort}));
  Floor by_hand(bed, {.image = bed.Version(0), .host_port = kFloorPort});
  Swarm beside({bed.engine_urls[0]});
  beside.Create({.name = "swarm-web",
                 .image = bed.Version(0),
                 .start_first = false,
                 .host_port = kSwarmPort,
                 .on_manager = true});
  bed.WaitQuiet();
  for (int round = 1; round <= bed.rounds; ++round) {
    absl::Duration gap;
    floor.Add(by_hand.StopFirst(bed.Version(round), &gap));
    outage_floor.Add(gap);
    bed.WaitQuiet();
    const MonoTime begin = bed.clock.Now();
    ours.Add(ByUs(bed, programs, door, "swap", bed.Version(round), nullptr));
    if (bed.trace && round == bed.rounds) door.PrintTrace(begin);
    // The stop is asked when the door sees it; the gap ends with the event `start`.
    outage.Add(FirstEvent(*bed.engines[0], begin, "start", "web") -
               door.FirstAsked(begin, "/stop?"));
    swarm.Add(BySwarm(bed, beside, bed.Version(round), swarm_first));
  }
  beside.Remove("swarm-web");
  Print(floor);
  PrintBeside(ours, floor);
  PrintOver(ours, floor);
  Print(outage_floor);
  PrintBeside(outage, outage_floor);
  PrintOver(outage, outage_floor);
  PrintBeside(swarm, floor);
  programs.Remove("swap");
}

}  // namespace quayside::bench
