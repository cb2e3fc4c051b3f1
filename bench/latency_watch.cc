// What an agent does by itself: restarts, probes, and next to nothing.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <sstream>

#include <signal.h>

#include "absl/time/clock.h"
#include "agent/agent.h"
#include "agent/docker/docker_engine.h"
#include "agent/labels.h"
#include "bench/latency.h"
#include "common/base/file.h"
#include "common/base/mailbox.h"
#include "common/base/random.h"
#include "common/base/status.h"

namespace quayside::bench {
namespace {

constexpr int kIdleContainers = 100;
constexpr int kPasses = 20;

// ---- an idle agent, seen from /proc ----

// A field of its memory in MiB: "VmRSS:", or "RssAnon:" for what is not pages of its libraries.
double MemoryMib(pid_t pid, const std::string& field) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  std::string word;
  while (status >> word) {
    if (word != field) continue;
    double kib = 0;
    status >> kib;
    return kib / 1024;
  }
  Fail("The agent is gone");
}

// Time on a processor of all its threads, to the nanosecond.
absl::Duration Worked(pid_t pid) {
  int64_t total = 0;
  const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks)) {
    std::ifstream schedstat(task.path() / "schedstat");
    int64_t nanos = 0;
    if (schedstat >> nanos) total += nanos;
  }
  return absl::Nanoseconds(total);
}

void PrintIdle(Bed& bed, pid_t agent, Door& door, int containers) {
  bed.WaitQuiet();
  absl::SleepFor(absl::Seconds(5));
  Series resident("agent with " + std::to_string(containers) + " containers: resident"),
      anonymous("  of it not pages of programs and libraries"),
      processor("  processor, % of a core");
  const MonoTime begin = bed.clock.Now();
  const absl::Duration slice = bed.idle / 5;
  for (int i = 0; i < 5; ++i) {
    const absl::Duration before = Worked(agent);
    absl::SleepFor(slice);
    processor.Add(100 * absl::FDivDuration(Worked(agent) - before, slice));
    resident.Add(MemoryMib(agent, "VmRSS:"));
    anonymous.Add(MemoryMib(agent, "RssAnon:"));
  }
  Print(resident, "MiB");
  Print(anonymous, "MiB");
  Print(processor, "%");
  std::map<std::string, int> asked;
  for (const Door::Exchange& exchange : door.Since(begin)) {
    ++asked[exchange.line.substr(0, exchange.line.find('?'))];
  }
  std::printf("  asked of the engine in %s:\n", absl::FormatDuration(bed.idle).c_str());
  for (const auto& [line, times] : asked) std::printf("    %d x %s\n", times, line.c_str());
}

// ---- a pass with nothing to do, in this process ----

class NoLink : public agent::Link {
 public:
  void SetHello(agent::HelloFacts) override {}
  void SendAck(agent::Ack) override {}
  void SendReport(Report) override {}
  void SendHeartbeat(uint64_t, uint64_t) override {}
  void SendCommandOutcome(agent::CommandOutcome) override {}
};

class NoProber : public agent::Prober {
 public:
  void Probe(agent::ProbeTarget, absl::AnyInvocable<void(absl::Status)>) override {}
};

// Counts what an agent asks.
class CountedEngine : public agent::Engine {
 public:
  explicit CountedEngine(agent::Engine& engine) : engine_(engine) {}
  void Submit(agent::EngineCall call, Done done) override {
    lists += std::holds_alternative<agent::ListContainers>(call) ? 1 : 0;
    ++calls;
    engine_.Submit(std::move(call), std::move(done));
  }
  void Watch(OnEvent on_event) override { engine_.Watch(std::move(on_event)); }

  int calls = 0, lists = 0;  // the agent's thread only

 private:
  agent::Engine& engine_;
};

// An agent on a copy of a real one's files, whose turns this thread runs.
void NothingToDo(Bed& bed, const std::string& agent_files) {
  const std::string copy = bed.directory + "/pass";
  std::filesystem::copy(agent_files, copy, std::filesystem::copy_options::recursive);
  auto files = DiskFileStore::Open(copy);
  auto docker = agent::docker::DockerEngine::Open(bed.engine_urls[0]);
  if (!files.ok() || !docker.ok()) Fail("The idle agent's files cannot be used");
  Mailbox<agent::AgentEvent> mailbox(bed.clock, 16'384);
  CountedEngine engine(**docker);
  SystemRandom random;
  NoLink link;
  NoProber prober;
  agent::Agent agent({.relist_period = absl::Milliseconds(500)}, bed.clock, random, *files, engine,
                     prober, link,
                     [&](agent::AgentEvent event) { mailbox.Offer(std::move(event)); });
  if (absl::Status status = agent.Start(); !status.ok()) Fail(Message(status));
  Series pass("nothing to do, " + std::to_string(kIdleContainers) + " containers: a pass"),
      own("  of it the agent's own turn"), calls("  engine calls a pass");
  MonoTime next = agent.Turn({});
  const MonoTime warm = bed.clock.Now() + absl::Seconds(3);
  int lists = 0, before = 0;
  MonoTime asked = MonoTime::Never();
  while (static_cast<int>(pass.values().size()) < kPasses) {
    auto mail = mailbox.TakeUntil(next);
    const bool answered = !asked.is_never() && !mail.empty();
    const MonoTime begin = bed.clock.Now();
    if (asked.is_never()) before = engine.calls;
    next = agent.Turn(std::move(mail));
    if (answered) {
      pass.Add(bed.clock.Now() - asked);
      own.Add(bed.clock.Now() - begin);
      calls.Add(engine.calls - before);
      asked = MonoTime::Never();
    } else if (engine.lists > lists && begin > warm) {
      asked = begin;
    }
    lists = engine.lists;
  }
  docker->reset();  // nothing submits any more
  Print(pass);
  Print(own);
  Print(calls, "calls");
}

}  // namespace

// A service that the agent restarts, not dockerd: seen to die -> asked to start. A new app each
// time, because the second crash in a row waits.
void CrashRestart(Bed& bed, Programs& programs, Door& door) {
  DirectEngine& engine = *bed.engines[0];
  Series asked("crash seen -> start asked"), again("crash seen -> running");
  for (int round = 0; round < bed.rounds; ++round) {
    const std::string app = "crash" + std::to_string(round);
    programs.Apply(app, Compose({.image = bed.Version(0), .restart = "on-failure"}));
    bed.WaitQuiet();
    const auto rows = std::get<std::vector<agent::ContainerRow>>(
        engine.Call(agent::ListContainers{std::string(agent::kAppLabel) + "=" + app}));
    const auto detail =
        std::get<agent::ContainerDetail>(engine.Call(agent::InspectContainer{rows.front().id}));
    const MonoTime begin = bed.clock.Now();
    kill(detail.pid, SIGKILL);  // as a crash is: not through the engine, which would be by hand
    const auto died = engine.WaitFor("die", begin, rows.front().id);
    const auto started = engine.WaitFor("start", begin, rows.front().id);
    if (bed.trace && round + 1 == bed.rounds) door.PrintTrace(begin);
    asked.Add(door.FirstAsked(begin, "/start") - died.at);
    again.Add(started.at - died.at);
    programs.Remove(app);
    bed.WaitQuiet();
  }
  Print(asked);
  Print(again);
}

// On the host network the agent's probe asks loopback, which is a server of ours here.
void ProbeToReport(Bed& bed, Programs& programs) {
  Series reported("a probe's answer -> reported proven"), ready("port ready -> reported proven"),
      probes("  probes before");
  ProbeDoor probe;
  const std::string spec =
      "{http: /, port: " + std::to_string(probe.port()) + ", interval: 2s, timeout: 1s}";
  const auto compose = [&](int round) {
    return Compose(
        {.image = bed.Version(round), .published = false, .network_mode = "host", .probe = spec});
  };
  probe.Open();
  programs.Apply("probe", compose(0));
  for (int round = 1; round <= bed.rounds; ++round) {
    bed.WaitQuiet();
    programs.Connect();
    const MonoTime begin = bed.clock.Now();
    programs.Deploy("probe", "web", bed.Version(round));
    // Watched before it is ready, as `ctl apply` does.
    auto ended = std::async(std::launch::async, [&] {
      programs.WaitSucceeded("probe");
      return bed.clock.Now();
    });
    // The old one is asked until it stops; from then on only the new one is.
    bed.engines[0]->WaitFor("die", begin);
    probe.Close();
    bed.engines[0]->WaitFor("start", begin);
    while (probe.asked() < 2 + round % 5) absl::SleepFor(absl::Milliseconds(1));
    const MonoTime opened = bed.clock.Now();
    probe.Open();
    const MonoTime end = ended.get();
    reported.Add(end - probe.first_pass());
    ready.Add(end - opened);
    probes.Add(probe.asked());
  }
  Print(reported);
  Print(ready);
  Print(probes, "asked");
  programs.Remove("probe");
}

void Idle(Bed& bed, Door& door) {
  const std::string directory = bed.directory + "/idle";
  {
    Programs programs(directory, {door.url()}, bed.registry);
    PrintIdle(bed, programs.agent_pid(0), door, 0);
    programs.Apply("crowd", Compose({.image = bed.Version(0),
                                     .replicas = kIdleContainers,
                                     .parallelism = 0,
                                     .published = false}));
    PrintIdle(bed, programs.agent_pid(0), door, kIdleContainers);
  }
  NothingToDo(bed, directory + "/bench1");
}

}  // namespace quayside::bench
