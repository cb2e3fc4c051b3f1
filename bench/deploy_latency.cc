// How long a deploy takes beside the same engine calls made directly, and beside Docker Swarm on
// the same engines, in turn, in one run. `min_healthy: 0s`; the end point is "new running, old
// stopped". Inside a bed of four engines: bench/deploy_latency.sh [--rounds N] [--only CASE,…]
// [--trace] Prints n, min, median, max in milliseconds, and the ratios. Nothing here is asserted.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "bench/latency.h"

namespace quayside::bench {
namespace {

constexpr absl::Duration kQuiet = absl::Milliseconds(400);
constexpr absl::Duration kLook = absl::Milliseconds(2);
const std::set<std::string> kCases = {"start-first",   "stop-first",  "crash", "probe",
                                      "one-at-a-time", "all-at-once", "idle"};

MonoTime Last(const std::vector<DirectEngine::Seen>& events, const std::string& action,
              const std::string& service, int* count) {
  MonoTime last;
  for (const DirectEngine::Seen& seen : events) {
    if (seen.action != action || seen.service != service) continue;
    last = std::max(last, seen.at);
    ++*count;
  }
  return last;
}

// The versions on every engine, so that nothing is pulled while it is measured.
void Prepare(Bed& bed, const std::vector<std::string>& tags) {
  for (const std::string& tag : tags) bed.versions.push_back(bed.engines[0]->Digest(tag));
  for (const auto& engine : bed.engines) {
    for (const std::string& image : bed.versions) engine->Call(agent::PullImage{image, ""});
  }
}

[[noreturn]] void FailUsage() {
  Fail(
      "Usage: deploy_latency [--rounds N] [--only CASE,…] [--idle SECONDS] [--trace] IMAGE:V1 "
      "IMAGE:V2  (see deploy_latency.sh); cases: " +
      absl::StrJoin(kCases, ", "));
}

std::set<std::string> ReadArguments(int argc, char** argv, Bed& bed,
                                    std::vector<std::string>& tags) {
  std::set<std::string> chosen = kCases;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const bool more = i + 1 < argc;
    if (word == "--rounds" && more) {
      bed.rounds = std::max(2, std::atoi(argv[++i]));
    } else if (word == "--idle" && more) {
      bed.idle = absl::Seconds(std::max(10, std::atoi(argv[++i])));
    } else if (word == "--only" && more) {
      chosen = absl::StrSplit(argv[++i], ',');
    } else if (word == "--trace") {
      bed.trace = true;
    } else {
      tags.push_back(word);
    }
  }
  const bool known = std::all_of(chosen.begin(), chosen.end(),
                                 [](const std::string& name) { return kCases.contains(name); });
  if (tags.size() != 2 || !known) FailUsage();
  return chosen;
}

void Run(Bed& bed, const std::set<std::string>& chosen) {
  const auto any = [&](std::initializer_list<const char*> names) {
    return std::any_of(names.begin(), names.end(),
                       [&](const char* name) { return chosen.contains(name); });
  };
  Door door(bed.engine_urls[0], bed.directory + "/door.sock");
  if (any({"start-first", "stop-first", "crash", "probe"})) {
    Programs programs(bed.directory + "/one", {door.url()}, bed.registry);
    if (chosen.contains("start-first")) StartFirst(bed, programs, door);
    if (chosen.contains("stop-first")) StopFirst(bed, programs, door);
    if (chosen.contains("crash")) CrashRestart(bed, programs, door);
    if (chosen.contains("probe")) ProbeToReport(bed, programs);
  }
  if (any({"one-at-a-time", "all-at-once"})) {
    Programs programs(bed.directory + "/all", bed.engine_urls, bed.registry);
    if (chosen.contains("all-at-once")) AllAtOnce(bed, programs);
    if (chosen.contains("one-at-a-time")) OneAtATime(bed, programs);
  }
  if (chosen.contains("idle")) Idle(bed, door);
}

int Main(int argc, char** argv) {
  Bed bed;
  std::vector<std::string> tags;
  const std::set<std::string> chosen = ReadArguments(argc, argv, bed, tags);
  bed.registry = FromBed("QUAYSIDE_TESTBED_REGISTRY");
  bed.engine_urls = absl::StrSplit(FromBed("QUAYSIDE_TESTBED_ENGINES"), ',');
  bed.directory = FromBed("QUAYSIDE_TESTBED_DIR") + "/bench";
  std::filesystem::create_directories(bed.directory);
  PrintMachine();
  for (const std::string& url : bed.engine_urls) {
    bed.engines.push_back(std::make_unique<DirectEngine>(url));
  }
  Prepare(bed, tags);
  Run(bed, chosen);
  return 0;
}

}  // namespace

void Bed::WaitQuiet() {
  for (;;) {
    MonoTime last;
    for (const auto& engine : engines) last = std::max(last, engine->last_event());
    const absl::Duration quiet = clock.Now() - last;
    if (quiet >= kQuiet) return;
    absl::SleepFor(kQuiet - quiet);
  }
}

std::string Compose(const Composed& composed) {
  std::string text =
      "services:\n  web:\n    image: " + composed.image + "\n    stop_grace_period: 5s\n";
  const std::string port = composed.host_port == 0 ? "" : std::to_string(composed.host_port) + ":";
  if (composed.published) text += "    ports: [\"" + port + "8080\"]\n";
  if (!composed.network_mode.empty()) text += "    network_mode: " + composed.network_mode + "\n";
  if (!composed.restart.empty()) text += "    restart: " + composed.restart + "\n";
  text += "    deploy: {replicas: " + std::to_string(composed.replicas) +
          ", update_config: {parallelism: " + std::to_string(composed.parallelism) + "}}\n";
  text += "    x-quayside:\n      rollout: {min_healthy: 0s}\n";
  if (!composed.probe.empty()) text += "      probe: " + composed.probe + "\n";
  return text;
}

MonoTime WaitReplaced(Bed& bed, MonoTime since, int replicas, const std::string& service) {
  const MonoTime deadline = bed.clock.Now() + absl::Minutes(3);
  for (;;) {
    int starts = 0, ends = 0;
    MonoTime last;
    for (const auto& engine : bed.engines) {
      const auto events = engine->EventsSince(since);
      last = std::max(last, Last(events, "start", service, &starts));
      last = std::max(last, Last(events, "die", service, &ends));
    }
    if (starts >= replicas && ends >= replicas) return last;
    if (bed.clock.Now() > deadline) {
      Fail("A replacement of " + service + " did not end in three minutes");
    }
    absl::SleepFor(kLook);
  }
}

}  // namespace quayside::bench

int main(int argc, char** argv) { return quayside::bench::Main(argc, argv); }
