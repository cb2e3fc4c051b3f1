// How long a deploy takes beside the same engine calls made directly, in turn, in one run.
// `min_healthy: 0s`; the end point is "new running, old stopped". Inside a bed of four engines:
//   tests/testbed/testbed.py run --hosts 4 -- build/release/bin/deploy_latency [--rounds N]
// Prints n, min, median, max in milliseconds, and the ratio to the floor. Nothing here is asserted.

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "agent/labels.h"
#include "bench/figures.h"
#include "bench/rig.h"

namespace quayside::bench {
namespace {

constexpr uint32_t kFixedPort = 18480;

struct Bed {
  std::string directory;
  std::string registry;
  std::vector<std::string> engine_urls;
  std::vector<std::unique_ptr<DirectEngine>> engines;
  std::vector<std::string> versions;  // two images, by digest
  int rounds = 12;
};

SystemClock clock_;

std::string Compose(const std::string& image, uint32_t port, int replicas, int parallelism,
                    const std::string& more = "") {
  std::string text = "services:\n  web:\n    image: " + image + "\n    stop_grace_period: 5s\n";
  text += port == 0 ? "    ports: [\"8080\"]\n"
                    : "    ports: [\"" + std::to_string(port) + ":8080\"]\n";
  text += "    deploy: {replicas: " + std::to_string(replicas) +
          ", update_config: {parallelism: " + std::to_string(parallelism) + "}}\n";
  text += "    x-quayside: {rollout: {min_healthy: 0s}}\n" + more;
  return text;
}

// The same replacement by hand: all that it takes when the image is local.
absl::Duration FloorStartFirst(DirectEngine& engine, const std::string& image, std::string* old) {
  const MonoTime begin = clock_.Now();
  const std::string next = engine.Create(image, "floor-" + std::to_string(begin.nanos()), 0);
  engine.Start(next);
  engine.Stop(*old);
  const absl::Duration took = clock_.Now() - begin;
  engine.Remove(*old);
  *old = next;
  return took;
}

absl::Duration FloorStopFirst(DirectEngine& engine, const std::string& image, std::string* old,
                              absl::Duration* outage) {
  const MonoTime begin = clock_.Now();
  const std::string next =
      engine.Create(image, "floor-" + std::to_string(begin.nanos()), kFixedPort + 1);
  const MonoTime down = clock_.Now();
  engine.Stop(*old);
  engine.Start(next);
  const MonoTime end = clock_.Now();
  *outage = end - down;
  engine.Remove(*old);
  *old = next;
  return end - begin;
}

// When the last event of this kind came to the service, and how often it did.
MonoTime Last(const std::vector<DirectEngine::Seen>& events, const std::string& action,
              int* count) {
  MonoTime last;
  for (const DirectEngine::Seen& seen : events) {
    if (seen.action != action || seen.service != "web") continue;
    last = std::max(last, seen.at);
    ++*count;
  }
  return last;
}

// The end of a replacement as the engines tell it: `replicas` starts and as many ends have come.
MonoTime WaitReplaced(Bed& bed, MonoTime since, int replicas) {
  const MonoTime deadline = clock_.Now() + absl::Minutes(3);
  for (;;) {
    int starts = 0, ends = 0;
    MonoTime last;
    for (const auto& engine : bed.engines) {
      const auto events = engine->EventsSince(since);
      last = std::max(last, Last(events, "start", &starts));
      last = std::max(last, Last(events, "die", &ends));
    }
    if (starts >= replicas && ends >= replicas) return last;
    if (clock_.Now() > deadline) Fail("A replacement did not end in three minutes");
    absl::SleepFor(absl::Milliseconds(2));
  }
}

void OneService(Bed& bed, Programs& programs, Door& door) {
  DirectEngine& engine = *bed.engines[0];
  Series first("committed -> first engine call"), start_first("start-first"),
      start_floor("floor start-first");
  programs.Apply("surge", Compose(bed.versions[0], 0, 1, 1));
  std::string old = engine.Create(bed.versions[0], "floor-first", 0);
  engine.Start(old);
  for (int round = 0; round < bed.rounds; ++round) {
    const std::string& image = bed.versions[static_cast<size_t>(round + 1) % 2];
    start_floor.Add(FloorStartFirst(engine, image, &old));
    door.Arm();
    const MonoTime begin = clock_.Now();
    programs.Deploy("surge", "web", image);
    const MonoTime committed = clock_.Now();
    start_first.Add(WaitReplaced(bed, begin, 1) - begin);
    // The agent may speak before our reply is here: the commit came before both.
    first.Add(std::max(absl::ZeroDuration(), door.first() - committed));
    programs.WaitSucceeded("surge");
  }
  engine.Stop(old);
  engine.Remove(old);
  Print(first);
  PrintBeside(start_first, start_floor);
  programs.Remove("surge");
}

void StopFirst(Bed& bed, Programs& programs) {
  DirectEngine& engine = *bed.engines[0];
  Series whole("stop-first"), floor("floor stop-first"), outage("outage"),
      outage_floor("floor stop + start");
  programs.Apply("swap", Compose(bed.versions[0], kFixedPort, 1, 1));
  std::string old = engine.Create(bed.versions[0], "floor-swap", kFixedPort + 1);
  engine.Start(old);
  for (int round = 0; round < bed.rounds; ++round) {
    const std::string& image = bed.versions[static_cast<size_t>(round + 1) % 2];
    absl::Duration gap;
    floor.Add(FloorStopFirst(engine, image, &old, &gap));
    outage_floor.Add(gap);
    const MonoTime begin = clock_.Now();
    programs.Deploy("swap", "web", image);
    whole.Add(WaitReplaced(bed, begin, 1) - begin);
    // The stop call begins with the engine's `kill` event; the gap ends with `start`.
    int ignored = 0;
    const auto events = engine.EventsSince(begin);
    outage.Add(Last(events, "start", &ignored) - Last(events, "kill", &ignored));
    programs.WaitSucceeded("swap");
  }
  engine.Stop(old);
  engine.Remove(old);
  PrintBeside(whole, floor);
  PrintBeside(outage, outage_floor);
  programs.Remove("swap");
}

void Replicas(Bed& bed, Programs& programs, int replicas, int parallelism) {
  const std::string name = std::to_string(replicas) +
                           (parallelism == 1 ? " replicas one at a time" : " replicas all at once");
  Series ours(name), floor("floor, one after the other");
  const std::string app = parallelism == 1 ? "rolling" : "flood";
  programs.Apply(app, Compose(bed.versions[0], 0, replicas, parallelism));
  std::vector<std::string> old;
  const size_t engines = bed.engines.size();
  for (int i = 0; i < replicas; ++i) {
    DirectEngine& engine = *bed.engines[static_cast<size_t>(i) % engines];
    old.push_back(engine.Create(bed.versions[0], "floor-many-" + std::to_string(i), 0));
    engine.Start(old.back());
  }
  for (int round = 0; round < std::max(2, bed.rounds / 4); ++round) {
    const std::string& image = bed.versions[static_cast<size_t>(round + 1) % 2];
    const MonoTime floor_begin = clock_.Now();
    for (int i = 0; i < replicas; ++i) {
      FloorStartFirst(*bed.engines[static_cast<size_t>(i) % engines], image,
                      &old[static_cast<size_t>(i)]);
    }
    floor.Add(clock_.Now() - floor_begin);
    const MonoTime begin = clock_.Now();
    programs.Deploy(app, "web", image);
    ours.Add(WaitReplaced(bed, begin, replicas) - begin);
    programs.WaitSucceeded(app);
  }
  for (int i = 0; i < replicas; ++i) {
    DirectEngine& engine = *bed.engines[static_cast<size_t>(i) % engines];
    engine.Stop(old[static_cast<size_t>(i)]);
    engine.Remove(old[static_cast<size_t>(i)]);
  }
  PrintBeside(ours, floor);
  programs.Remove(app);
}

// A service that the agent restarts, not dockerd: seen to die -> asked to start. A new app each
// time, because the second crash in a row waits.
void CrashRestart(Bed& bed, Programs& programs, Door& door) {
  DirectEngine& engine = *bed.engines[0];
  Series asked("crash seen -> start asked"), again("crash seen -> running");
  for (int round = 0; round < bed.rounds; ++round) {
    const std::string app = "crash" + std::to_string(round);
    programs.Apply(app, Compose(bed.versions[0], 0, 1, 1, "    restart: on-failure\n"));
    const auto rows = std::get<std::vector<agent::ContainerRow>>(
        engine.Call(agent::ListContainers{std::string(agent::kAppLabel) + "=" + app}));
    const MonoTime begin = clock_.Now();
    engine.Call(agent::KillContainer{rows.front().id, "KILL"});
    const auto died = engine.WaitFor("die", begin, rows.front().id);
    const auto started = engine.WaitFor("start", begin, rows.front().id);
    asked.Add(door.last_start() - died.at);
    again.Add(started.at - died.at);
    programs.Remove(app);
  }
  Print(asked);
  Print(again);
}

// A port answers -> the deploy is reported done: the probe asks until its first pass.
void ProbeToReport(Bed& bed, Programs& programs) {
  DirectEngine& engine = *bed.engines[0];
  Series reported("new started -> reported proven, by probe");
  const std::string probe = "      probe: {http: /, port: 8080, interval: 2s}\n";
  std::string compose = Compose(bed.versions[0], 0, 1, 1);
  compose = compose.substr(0, compose.find("    x-quayside")) +
            "    x-quayside:\n      rollout: {min_healthy: 0s}\n" + probe;
  programs.Apply("probe", compose);
  for (int round = 0; round < bed.rounds; ++round) {
    const MonoTime begin = clock_.Now();
    programs.Deploy("probe", "web", bed.versions[static_cast<size_t>(round + 1) % 2]);
    const auto started = engine.WaitFor("start", begin);
    programs.WaitSucceeded("probe");
    reported.Add(clock_.Now() - started.at);
  }
  Print(reported);
  programs.Remove("probe");
}

// The versions on every engine, so that nothing is pulled while it is measured.
void Prepare(Bed& bed, const std::vector<std::string>& tags) {
  for (const std::string& tag : tags) bed.versions.push_back(bed.engines[0]->Digest(tag));
  for (const auto& engine : bed.engines) {
    for (const std::string& image : bed.versions) engine->Call(agent::PullImage{image, ""});
  }
}

int Main(int argc, char** argv) {
  Bed bed;
  std::vector<std::string> tags;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--rounds" && i + 1 < argc) {
      bed.rounds = std::max(2, std::atoi(argv[++i]));
    } else {
      tags.push_back(word);
    }
  }
  if (tags.size() != 2) Fail("Usage: deploy_latency [--rounds N] IMAGE:V1 IMAGE:V2  (see run.sh)");
  bed.registry = FromBed("QUAYSIDE_TESTBED_REGISTRY");
  bed.engine_urls = absl::StrSplit(FromBed("QUAYSIDE_TESTBED_ENGINES"), ',');
  bed.directory = FromBed("QUAYSIDE_TESTBED_DIR") + "/bench";
  std::filesystem::create_directories(bed.directory);
  PrintMachine();
  for (const std::string& url : bed.engine_urls) {
    bed.engines.push_back(std::make_unique<DirectEngine>(url));
  }
  Prepare(bed, tags);
  Door door(bed.engine_urls[0], bed.directory + "/door.sock");
  {
    Programs programs(bed.directory + "/one", {door.url()}, bed.registry);
    OneService(bed, programs, door);
    StopFirst(bed, programs);
    CrashRestart(bed, programs, door);
    ProbeToReport(bed, programs);
  }
  Programs programs(bed.directory + "/all", bed.engine_urls, bed.registry);
  const int replicas = 3 * static_cast<int>(bed.engines.size());
  Replicas(bed, programs, replicas, 1);
  Replicas(bed, programs, replicas, 0);
  return 0;
}

}  // namespace
}  // namespace quayside::bench

int main(int argc, char** argv) { return quayside::bench::Main(argc, argv); }
