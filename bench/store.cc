// How fast the database is: status rows written with group commit (goal: 10,000 a second or more),
// a single commit, and loading what a controller of 10,000 hosts × 10 apps finds when it starts
// (goal: serving within 2 s).
//
//   bench_store [--hosts 10000] [--apps 10] [--rounds 5] [--directory /tmp]
#include "controller/store/store.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include <unistd.h>

#include "bench/figures.h"
#include "bench/stored_fleet.h"
#include "common/base/clock.h"
#include "common/base/status.h"

namespace quayside::bench {
namespace {

using controller::InstanceRow;
using controller::Model;
using controller::Store;

struct Options {
  int hosts = 10'000;
  int apps = 10;
  int rounds = 5;
  std::string directory = "/tmp";
};

[[noreturn]] void Fail(const absl::Status& status) {
  std::fprintf(stderr, "bench_store: %s\n", Message(status).c_str());
  std::exit(1);
}

void Must(const absl::Status& status) {
  if (!status.ok()) Fail(status);
}

std::unique_ptr<Store> OpenStore(const std::string& path) {
  auto store = Store::Open(path);
  if (!store.ok()) Fail(store.status());
  return *std::move(store);
}

// Rows per second when each commit carries the Reports of `hosts_per_turn` hosts.
void Ingest(const Options& options, Store& store, Model& model, Clock& clock, int hosts_per_turn) {
  Series rate("status rows, " + std::to_string(hosts_per_turn * options.apps) + " a commit");
  auto instance = model.instances.rows().begin();
  for (int round = 1; round <= options.rounds; ++round) {
    const MonoTime begin = clock.Now();
    int rows = 0;
    while (clock.Now() - begin < absl::Milliseconds(500)) {
      for (int i = 0; i < hosts_per_turn * options.apps; ++i, ++rows) {
        if (instance == model.instances.rows().end()) instance = model.instances.rows().begin();
        const InstanceRow& row = instance->second;
        const auto* now = model.observed.Find({row.desired.host, row.desired.id});
        const int64_t next = absl::ToUnixSeconds(now->since) - 1'700'000'000 + 1;
        model.observed.Put({row.desired.host, row.desired.id}, FakeStatus(row, next));
        ++instance;
      }
      Must(store.Commit(&model));
    }
    rate.Add(rows / absl::ToDoubleSeconds(clock.Now() - begin));
  }
  Print(rate, "rows/s");
}

void SingleCommits(const Options& options, Store& store, Model& model, Clock& clock) {
  Series series("one row, one commit");
  for (int i = 0; i < 100 * options.rounds; ++i) {
    controller::FleetRow fleet = *model.fleet.Find(0);
    ++fleet.next_ticket;
    model.fleet.Put(0, fleet);
    const MonoTime begin = clock.Now();
    Must(store.Commit(&model));
    series.Add(clock.Now() - begin);
  }
  Print(series);
}

void Loads(const Options& options, const std::string& path, Clock& clock) {
  Series open("open and check"), load("load"), total("open, check and load");
  for (int round = 0; round < options.rounds; ++round) {
    const MonoTime begin = clock.Now();
    auto store = OpenStore(path);
    const MonoTime opened = clock.Now();
    Model model;
    Must(store->Load(&model));
    const MonoTime loaded = clock.Now();
    open.Add(opened - begin);
    load.Add(loaded - opened);
    total.Add(loaded - begin);
  }
  Print(open);
  Print(load);
  Print(total);
}

int Run(const Options& options) {
  std::string directory = options.directory + "/quayside-bench-XXXXXX";
  if (mkdtemp(directory.data()) == nullptr) Fail(Unavailable("cannot make " + directory));
  const std::string path = directory + "/db";
  SystemClock clock;
  PrintMachine();
  {
    auto store = OpenStore(path);
    Model model = MakeFleet(options.hosts, options.apps);
    const MonoTime begin = clock.Now();
    Must(store->Commit(&model));
    Series first("whole fleet in one commit");
    first.Add(clock.Now() - begin);
    Print(first);
    SingleCommits(options, *store, model, clock);
    for (const int hosts : {1, 10, 100}) Ingest(options, *store, model, clock, hosts);
  }
  Loads(options, path, clock);
  for (const char* suffix : {"", "-wal"}) unlink((path + suffix).c_str());
  rmdir(directory.c_str());
  return 0;
}

}  // namespace
}  // namespace quayside::bench

int main(int argc, char** argv) {
  quayside::bench::Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string flag = argv[i];
    if (flag == "--hosts") {
      options.hosts = std::atoi(argv[i + 1]);
    } else if (flag == "--apps") {
      options.apps = std::atoi(argv[i + 1]);
    } else if (flag == "--rounds") {
      options.rounds = std::atoi(argv[i + 1]);
    } else if (flag == "--directory") {
      options.directory = argv[i + 1];
    } else {
      std::fprintf(stderr, "bench_store: no flag %s; see the top of bench/store.cc\n", argv[i]);
      return 2;
    }
  }
  return quayside::bench::Run(options);
}
