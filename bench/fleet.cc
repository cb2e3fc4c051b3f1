// What a fleet costs its controller, beside a bare gRPC server of the same shape in the same run:
// memory per idle agent, time to connect all, a change to every host until the last has
// acknowledged it and until it is proven everywhere, idle processor time, how all come back after
// a SIGKILL while deploys go on, the latency of a deploy to one host, and how fast a lost host is
// seen. bench/README.md says what each figure means.
//
//   fleet --agents N [--rounds 5] [--engine-time-ms 100] [--idle-seconds 10] [--losses 5]
//   fleet --restart [--hosts 10000] [--apps 10] [--rounds 5]
//
// Everything runs on loopback; sessions are without TLS. Needs a descriptor for each agent.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "absl/strings/numbers.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "bench/controller_program.h"
#include "bench/crowd.h"
#include "bench/figures.h"
#include "bench/loopback_registry.h"
#include "bench/process.h"
#include "bench/stored_fleet.h"
#include "common/base/log.h"
#include "common/base/status.h"
#include "common/model/event_kind.h"
#include "common/net/grpc_util.h"
#include "controller/store/store.h"

namespace quayside::bench {
namespace {

constexpr int kSmallFleet = 10;
constexpr int kIdleWindows = 3;
// How long anything may take before the figure is given up.
constexpr absl::Duration kPatience = absl::Minutes(5);
// After something has happened to all agents, until it is quiet again.
constexpr absl::Duration kQuiet = absl::Seconds(3);

struct Options {
  int agents = 0;
  int rounds = 5;
  absl::Duration engine_time = absl::Milliseconds(100);
  absl::Duration idle = absl::Seconds(10);
  int losses = 5;  // hosts that are killed, and half as many that fall silent
  bool restart = false;
  int hosts = 10'000;
  int apps = 10;
  std::string lonely;  // HOST:PORT of --lonely, which this program gives itself
  std::string directory;
};

SystemClock clock_;

// What is measured of both servers.
struct Figures {
  explicit Figures(const std::string& who)
      : connect(who + "all connected"),
        connect_cpu(who + "processor time per session"),
        memory(who + "memory per idle agent"),
        base(who + "memory before the first agent"),
        idle(who + "idle, of a core"),
        acked(who + "all hosts: last acknowledged"),
        proven(who + "all hosts: last proven"),
        push_cpu(who + "processor time per host and change"),
        back(who + "all back after SIGKILL") {}
  int dropped = 0;  // sessions that ended although nobody ended them
  Series connect, connect_cpu, memory, base, idle, acked, proven, push_cpu, back;
};

double Microseconds(absl::Duration duration, int per) {
  return absl::ToDoubleMicroseconds(duration) / per;
}

void WatchIdle(Process& process, const Options& options, Series* idle) {
  for (int i = 0; i < kIdleWindows; ++i) {
    const absl::Duration before = process.Cpu();
    const MonoTime begin = clock_.Now();
    absl::SleepFor(options.idle);
    idle->Add(100 * absl::FDivDuration(process.Cpu() - before, clock_.Now() - begin));
  }
}

// Connects all agents, and what that took of the server. `already` are connected.
void Connect(const Options& options, Process& process, Crowd& crowd, int already,
             Figures* figures) {
  const absl::Duration cpu = process.Cpu();
  const double memory = process.ResidentKib();
  const MonoTime begin = clock_.Now();
  crowd.Grow(options.agents);
  figures->connect.Add(crowd.WaitConnected(kPatience) - begin);
  const int came = options.agents - already;
  figures->connect_cpu.Add(Microseconds(process.Cpu() - cpu, came));
  absl::SleepFor(kQuiet);
  figures->memory.Add((process.ResidentKib() - memory) / came);
}

// ---- the bare server ----

std::unique_ptr<Process> StartBare(const Options& options, std::string* address) {
  auto server = std::make_unique<Process>(
      std::vector<std::string>{Beside("bare_server"), address->empty() ? "127.0.0.1:0" : *address},
      options.directory + "/bare_server.log");
  const std::string line = server->ReadLine();
  if (!line.starts_with("ready ")) EndWith("the bare server said: " + line);
  *address = "127.0.0.1:" + line.substr(line.find(' ') + 1);
  return server;
}

void Expect(Process& server, const std::string& word) {
  const std::string line = server.ReadLine(kPatience);
  if (line != word) EndWith("the bare server said: " + line + ", not " + word);
}

void MeasureBare(const Options& options, Figures* figures) {
  std::string address;
  std::unique_ptr<Process> server = StartBare(options, &address);
  figures->base.Add(server->ResidentKib() / 1024);
  Crowd crowd({.controller = address, .engine_time = options.engine_time});
  Connect(options, *server, crowd, 0, figures);
  WatchIdle(*server, options, &figures->idle);
  for (int round = 1; round <= options.rounds; ++round) {
    const absl::Duration cpu = server->Cpu();
    const MonoTime begin = clock_.Now();
    server->WriteLine("push");
    Expect(*server, "acked");
    figures->acked.Add(crowd.WaitAcked("all", round, options.agents, kPatience) - begin);
    Expect(*server, "proven");
    figures->proven.Add(clock_.Now() - begin);
    absl::SleepFor(kQuiet);
    figures->push_cpu.Add(Microseconds(server->Cpu() - cpu, options.agents));
  }
  figures->dropped = crowd.dropped();
  server->Kill();
  crowd.ExpectAgain();
  const MonoTime killed = clock_.Now();
  server = StartBare(options, &address);
  figures->back.Add(crowd.WaitConnected(kPatience) - killed);
  server->Kill();
}

// ---- the controller ----

// `on`: the name of the only host; "" = every host.
AppSpec MakeApp(const std::string& name, const std::string& image, const std::string& on) {
  AppSpec app;
  app.name = AppName(name);
  ServiceSpec service;
  service.name = ServiceName("web");
  service.container.image = image;
  service.container.ports.push_back({.container_port = 8080});
  service.rollout.min_healthy = absl::ZeroDuration();
  service.update.parallelism = 0;
  if (on.empty()) {
    service.mode = ServiceMode::kGlobal;
  } else {
    service.placement.constraints.push_back({"node.hostname", true, on});
  }
  app.services.push_back(std::move(service));
  return app;
}

// A deploy to one host: until it is committed, and until its host has it.
void DeployToOne(const Options& options, ControllerProgram& controller, Crowd& crowd,
                 Series* committed, Series* taken) {
  for (int i = 0; i < 2 * options.rounds; ++i) {
    const MonoTime begin = clock_.Now();
    const int64_t revision = controller.Restart("one");
    committed->Add(clock_.Now() - begin);
    taken->Add(crowd.WaitAcked("one", revision, 1, kPatience) - begin);
    controller.WaitSucceeded("one", revision);
  }
}

void DeployToAll(const Options& options, ControllerProgram& controller, Crowd& crowd,
                 Figures* figures) {
  for (int i = 0; i < options.rounds; ++i) {
    const absl::Duration cpu = controller.process().Cpu();
    const MonoTime begin = clock_.Now();
    const int64_t revision = controller.Restart("all");
    const MonoTime proven = controller.WaitSucceeded("all", revision);
    figures->acked.Add(crowd.WaitAcked("all", revision, options.agents, kPatience) - begin);
    figures->proven.Add(proven - begin);
    absl::SleepFor(kQuiet);
    figures->push_cpu.Add(Microseconds(controller.process().Cpu() - cpu, options.agents));
  }
}

// Kills the controller; while all come back somebody deploys.
void Storm(ControllerProgram& controller, Crowd& crowd, Figures* figures, Series* serving,
           Series* deploys) {
  figures->dropped = crowd.dropped();
  controller.Kill();
  crowd.ExpectAgain();
  const MonoTime killed = clock_.Now();
  controller.Start();
  serving->Add(clock_.Now() - killed);
  std::atomic<bool> over = false;
  std::thread person([&] {
    do {
      const MonoTime begin = clock_.Now();
      controller.Restart("one");
      deploys->Add(clock_.Now() - begin);
      absl::SleepFor(absl::Milliseconds(200));
    } while (!over);
  });
  figures->back.Add(crowd.WaitConnected(kPatience) - killed);
  over = true;
  person.join();
}

// How long until the controller says `away` after this happened to a host.
void Lose(ControllerProgram& controller, int number, int signal, Series* series) {
  const std::string prefix = "lonely-" + std::to_string(signal) + std::to_string(number) + "-";
  const std::string name = Crowd::Name(prefix, 0);
  Process agent({Beside("fleet"), "--lonely", controller.address(), "--name", prefix}, "/dev/null");
  if (agent.ReadLine() != "connected") EndWith("a lonely agent is not connected");
  absl::SleepFor(kQuiet + absl::Milliseconds(700 * number));
  const int64_t last = controller.LastEvent(name);
  const MonoTime begin = clock_.Now();
  agent.Signal(signal);
  series->Add(controller.WaitEvent(name, event_kind::kHostAway, last) - begin);
  agent.Kill();
}

// Hosts that the controller called lost, but for those that were killed on purpose.
int CountLost(const std::string& database) {
  const auto store = controller::Store::Open(database);
  if (!store.ok()) EndWith(Message(store.status()));
  const auto events = (*store)->Events("", "", InstanceId(), 0, INT32_MAX);
  if (!events.ok()) EndWith(Message(events.status()));
  return static_cast<int>(
      std::count_if(events->begin(), events->end(), [](const controller::EventRow& event) {
        return event.kind == event_kind::kHostLost && !event.host.starts_with("lonely");
      }));
}

struct OnlyOurs {
  Series first{"first deploy to all hosts: proven"};
  Series small_committed{"one host of 10: committed"}, small_taken{"one host of 10: it has it"};
  Series committed, taken;
  Series serving{"serving after SIGKILL"}, deploys{"a deploy in the storm: committed"};
  Series reset{"reset stream: seen away"}, silent{"silence: seen away"};
  int lost = 0;

  explicit OnlyOurs(int agents)
      : committed("one host of " + std::to_string(agents) + ": committed"),
        taken("one host of " + std::to_string(agents) + ": it has it") {}
};

void MeasureOurs(const Options& options, Figures* figures, OnlyOurs* only) {
  const LoopbackRegistry registry;
  ControllerProgram controller(options.directory + "/controller", registry.host());
  controller.Start();
  figures->base.Add(controller.process().ResidentKib() / 1024);
  {
    Crowd crowd({.controller = controller.address(), .engine_time = options.engine_time});
    crowd.Grow(kSmallFleet);
    crowd.WaitConnected(kPatience);
    const std::string image = registry.host() + "/team/web:1";
    const int64_t one = controller.Apply(MakeApp("one", image, Crowd::Name("sim-", 0)));
    controller.WaitSucceeded("one", one);
    DeployToOne(options, controller, crowd, &only->small_committed, &only->small_taken);
    Connect(options, controller.process(), crowd, kSmallFleet, figures);
    WatchIdle(controller.process(), options, &figures->idle);
    const MonoTime begin = clock_.Now();
    const int64_t all = controller.Apply(MakeApp("all", image, ""));
    only->first.Add(controller.WaitSucceeded("all", all) - begin);
    absl::SleepFor(kQuiet);
    DeployToAll(options, controller, crowd, figures);
    DeployToOne(options, controller, crowd, &only->committed, &only->taken);
    Storm(controller, crowd, figures, &only->serving, &only->deploys);
    absl::SleepFor(kQuiet);
    const int ready = controller.CountHosts("ready");
    if (ready != options.agents) {
      std::printf("only %d hosts are ready after the storm\n", ready);
    }
    for (int i = 0; i < options.losses; ++i) Lose(controller, i, SIGKILL, &only->reset);
    for (int i = 0; i < options.losses / 2; ++i) Lose(controller, i, SIGSTOP, &only->silent);
  }
  controller.Stop();
  only->lost = CountLost(controller.database());
}

void MeasureFleet(const Options& options) {
  Figures bare("bare: "), ours("");
  OnlyOurs only(options.agents);
  std::printf("%d agents, engine time %s\n", options.agents,
              absl::FormatDuration(options.engine_time).c_str());
  std::fflush(stdout);
  MeasureBare(options, &bare);
  MeasureOurs(options, &ours, &only);
  Print(ours.base, "MiB");
  PrintBeside(ours.memory, bare.memory, "KiB");
  PrintBeside(ours.connect, bare.connect);
  PrintBeside(ours.connect_cpu, bare.connect_cpu, "µs");
  PrintBeside(ours.idle, bare.idle, "%");
  Print(only.first);
  PrintBeside(ours.acked, bare.acked);
  PrintBeside(ours.proven, bare.proven);
  PrintBeside(ours.push_cpu, bare.push_cpu, "µs");
  PrintBeside(ours.back, bare.back);
  Print(only.serving);
  Print(only.deploys);
  Print(only.small_committed);
  Print(only.small_taken);
  PrintBeside(only.committed, only.small_committed);
  PrintBeside(only.taken, only.small_taken);
  Print(only.reset);
  Print(only.silent);
  std::printf("sessions that broke before the kill: %d, bare: %d\n", ours.dropped, bare.dropped);
  std::printf("hosts falsely lost: %d\n", only.lost);
}

// ---- restart with a large database ----

void MeasureRestart(const Options& options) {
  const LoopbackRegistry registry;
  ControllerProgram controller(options.directory + "/controller", registry.host());
  std::filesystem::create_directories(std::filesystem::path(controller.database()).parent_path());
  {
    auto store = controller::Store::Open(controller.database());
    if (!store.ok()) EndWith(Message(store.status()));
    controller::Model model = MakeFleet(options.hosts, options.apps);
    const absl::Status written = (*store)->Commit(&model);
    if (!written.ok()) EndWith(Message(written));
  }
  const std::string what =
      std::to_string(options.hosts) + " hosts x " + std::to_string(options.apps) + " apps: ";
  Series ready(what + "listening"), serving(what + "first answer"), deploy(what + "first deploy"),
      memory(what + "memory");
  for (int round = 0; round < options.rounds; ++round) {
    const MonoTime begin = clock_.Now();
    controller.Start();
    ready.Add(clock_.Now() - begin);
    controller.LastEvent("server-0");
    serving.Add(clock_.Now() - begin);
    controller.Restart("app0");
    deploy.Add(clock_.Now() - begin);
    memory.Add(controller.process().ResidentKib() / 1024);
    controller.Kill();
  }
  Print(ready);
  Print(serving);
  Print(deploy);
  Print(memory, "MiB");
}

// ---- one agent in a process of its own, to be killed ----

void BeLonely(const Options& options) {
  Crowd crowd({.controller = options.lonely, .prefix = options.directory});
  crowd.Grow(1);
  crowd.WaitConnected(kPatience);
  std::printf("connected\n");
  std::fflush(stdout);
  std::getchar();  // until the benchmark leaves or kills us
}

Options Parse(int argc, char** argv) {
  Options options;
  std::map<std::string, int*> numbers = {{"--agents", &options.agents},
                                         {"--rounds", &options.rounds},
                                         {"--hosts", &options.hosts},
                                         {"--apps", &options.apps}};
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    const std::string value = i + 1 < argc ? argv[i + 1] : "";
    int number = 0;
    const bool counts = absl::SimpleAtoi(value, &number) && number >= 0;
    if (flag == "--restart") {
      options.restart = true;
      continue;
    }
    ++i;
    if (flag == "--lonely") {
      options.lonely = value;
    } else if (flag == "--name") {
      options.directory = value;
    } else if (counts && flag == "--losses") {
      options.losses = number;
    } else if (counts && number > 0 && numbers.contains(flag)) {
      *numbers[flag] = number;
    } else if (counts && flag == "--engine-time-ms") {
      options.engine_time = absl::Milliseconds(number);
    } else if (counts && number > 0 && flag == "--idle-seconds") {
      options.idle = absl::Seconds(number);
    } else {
      EndWith("fleet: " + flag + " " + value + " is not understood; see the top of bench/fleet.cc");
    }
  }
  const bool fleet = options.agents > kSmallFleet;
  if (!options.restart && !fleet && options.lonely.empty()) {
    EndWith("usage: fleet --agents N (11 or more), or fleet --restart");
  }
  return options;
}

void RaiseDescriptorLimit(int agents) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < static_cast<rlim_t>(agents) + 100) {
    EndWith("each agent needs a descriptor, and this process may have only " +
            std::to_string(limit.rlim_cur) + "; raise `ulimit -n`");
  }
}

int Main(int argc, char** argv) {
  Options options = Parse(argc, argv);
  signal(SIGPIPE, SIG_IGN);
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);  // as the servers
  net::RouteGrpcLog();
  ConfigureLog(LogFormat::kText, LogLevel::kError);
  if (!options.lonely.empty()) {
    BeLonely(options);
    return 0;
  }
  RaiseDescriptorLimit(options.agents);
  options.directory = std::filesystem::temp_directory_path() / "quayside-fleet-XXXXXX";
  if (mkdtemp(options.directory.data()) == nullptr) EndWith("cannot make " + options.directory);
  PrintMachine();
  if (options.restart) {
    MeasureRestart(options);
  } else {
    MeasureFleet(options);
  }
  std::filesystem::remove_all(options.directory);
  return 0;
}

}  // namespace
}  // namespace quayside::bench

int main(int argc, char** argv) { return quayside::bench::Main(argc, argv); }
