// What the deciders cost: Plan over the containers of one host with nothing to do and with
// everything to do, Place over a fleet. Prints n, min, median, max in milliseconds, and how the
// time grows with the size (n log n is 10 × and a bit).
//   build/release/bin/decide
// Called with nothing else on the machine; pure functions, so there is no floor to stand beside.

#include <cstdio>
#include <string>

#include "agent/plan.h"
#include "bench/figures.h"
#include "common/base/clock.h"
#include "controller/schedule/place.h"

namespace quayside::bench {
namespace {

constexpr int kRounds = 15;
SystemClock clock_;

std::string Padded(int n) {
  std::string digits = std::to_string(n);
  return std::string(6 - digits.size(), '0') + digits;
}

// A host with `count` instances, each its own app, all of one spec.
struct Host {
  Assignment assignment;
  std::map<SlotKey, SlotRecord> records;
  std::map<InstanceId, agent::Container> containers;
  std::map<InstanceId, agent::Assessment> health;
  std::map<std::string, agent::ImageFact> images;

  Host(int count, bool running) {
    ContainerSpec spec;
    spec.image = "registry.example.com/web@sha256:" + std::string(64, 'a');
    spec.ports.push_back({.container_port = 8080});
    const SpecDigest digest("sha256:" + std::string(64, 'b'));
    assignment.fleet = FleetId("fleetfleet");
    assignment.host = HostId("hosthostho");
    assignment.generation = 1;
    assignment.specs[digest] = spec;
    images[spec.image].local = true;
    for (int i = 0; i < count; ++i) {
      Instance instance;
      instance.id = InstanceId("instance" + Padded(i));
      instance.slot = {AppName("app" + Padded(i)), ServiceName("web"), 1};
      instance.host = assignment.host;
      instance.revision = 1;
      instance.spec = digest;
      assignment.instances.push_back(instance);
      if (!running) continue;
      SlotRecord& record = records[instance.slot];
      record.slot = instance.slot;
      record.committed = instance.id;
      agent::Container& container = containers[instance.id];
      container.identity = {instance.slot, instance.id, 1, digest};
      container.detail.row.id = "container" + Padded(i);
      container.detail.row.name = agent::ContainerName(instance.slot, instance.id);
      container.detail.row.state = agent::ContainerState::kRunning;
      container.detail.policy = agent::ArmedPolicy::kUnlessStopped;
      container.detail.image = spec.image;
      health[instance.id] = {.state = InstanceState::kRunning, .proven = true, .checks_pass = true};
    }
  }

  size_t Plan() const {
    const std::vector<agent::EnsuredNetwork> networks;
    const std::set<std::string> volumes;
    const std::map<AppName, agent::Leftovers> leftovers;
    const std::map<std::string, agent::Trouble> troubles;
    const std::map<std::string, agent::Action::Kind> busy;
    const std::set<InstanceId> logs_read;
    const std::map<std::string, std::string> pull_progress;
    const EngineFacts engine;
    return agent::Plan({.engine_known = true,
                        .assignment = assignment,
                        .records = records,
                        .containers = containers,
                        .health = health,
                        .images = images,
                        .networks = networks,
                        .volumes = volumes,
                        .leftovers = leftovers,
                        .troubles = troubles,
                        .busy = busy,
                        .logs_read = logs_read,
                        .pull_progress = pull_progress,
                        .engine = engine,
                        .now = clock_.Now(),
                        .wall = clock_.Wall()})
        .actions.size();
  }
};

// `count` replicas over count/10 hosts; `placed`: all have their place, and one host is new.
controller::PlaceInput Fleet(int count, bool placed) {
  controller::PlaceInput input;
  input.spec.name = AppName("shop");
  ServiceSpec service;
  service.name = ServiceName("web");
  service.replicas = count;
  service.container.image = "web";
  input.spec.services.push_back(service);
  const int hosts = count / 10;
  for (int i = 0; i < hosts; ++i) {
    controller::PlaceHost host;
    host.id = HostId("host" + Padded(i));
    host.name = host.id.value;
    host.os = "linux";
    host.arch = "amd64";
    host.presence = controller::Presence::kReady;
    input.hosts[host.id] = host;
  }
  for (int i = 0; placed && i < count; ++i) {
    const SlotKey slot{input.spec.name, service.name, i + 1};
    input.existing[slot].insert(HostId("host" + Padded(i % (hosts - 1))));
  }
  return input;
}

template <typename Function>
Series Measure(const std::string& name, Function function) {
  Series series(name);
  size_t sum = function();  // once to warm up; the result is used, so that nothing is left out
  for (int round = 0; round < kRounds; ++round) {
    const MonoTime begin = clock_.Now();
    sum += function();
    series.Add(clock_.Now() - begin);
  }
  if (sum == 1) std::printf(" ");
  return series;
}

void PrintGrowth(const Series& small, const Series& large) {
  Print(large);
  std::printf("%-44s %.1f ×\n", "  growth, ten times the size", large.Median() / small.Median());
}

int Main() {
  PrintMachine();
  Print(Measure("plan, 100 containers, nothing to do",
                [host = Host(100, true)] { return host.Plan(); }));
  const std::pair<bool, const char*> kinds[] = {{true, "nothing to do"},
                                                {false, "all to be created"}};
  for (const auto& [running, what] : kinds) {
    const Host small(1'000, running), large(10'000, running);
    const Series thousand =
        Measure("plan, 1,000 instances, " + std::string(what), [&] { return small.Plan(); });
    Print(thousand);
    PrintGrowth(thousand, Measure("plan, 10,000 instances, " + std::string(what),
                                  [&] { return large.Plan(); }));
  }
  const std::pair<bool, const char*> places[] = {{false, "all new"}, {true, "one host new"}};
  for (const auto& [placed, what] : places) {
    const auto small = Fleet(1'000, placed), large = Fleet(10'000, placed);
    const Series thousand = Measure("place, 1,000 instances, " + std::string(what),
                                    [&] { return controller::Place(small).slots.size(); });
    Print(thousand);
    PrintGrowth(thousand, Measure("place, 10,000 instances, " + std::string(what),
                                  [&] { return controller::Place(large).slots.size(); }));
  }
  return 0;
}

}  // namespace
}  // namespace quayside::bench

int main() { return quayside::bench::Main(); }
