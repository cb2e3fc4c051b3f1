// RolloutPlay puts StepRollout on a stage: it keeps the row, carries out what the step decided as
// the core would, and lets hosts do what the test says. Every step is checked against what must
// hold in every rollout (Check) and printed as one line, so that a test compares plans as text.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "controller/rollout/step.h"

namespace quayside::controller {

// What a host makes of a target that it was told of.
enum class Fate {
  kProves,     // the new one is proven at once
  kExits,      // a verdict: it exited
  kUnhealthy,  // a verdict: it stays unhealthy
  kRejects,    // the agent refuses the app's assignment
  kNoImage,    // the registry answers 503, for ever
  kStarts,     // it starts and never becomes healthy, and no verdict comes
  kSilent,     // nothing is reported
};

class RolloutPlay {
 public:
  RolloutPlay() {
    spec.name = AppName("shop");
    row.app = spec.name;
    row.from = 1;
    row.to = 2;
    row.started_at = now;
    row.deadline = now + absl::Minutes(10);
  }

  ServiceSpec& Service(const std::string& name) {
    ServiceSpec service;
    service.name = ServiceName(name);
    spec.services.push_back(std::move(service));
    return spec.services.back();
  }
  StepHost& Host(const std::string& name) {
    return hosts.try_emplace(HostId(name), StepHost{name, Presence::kReady, true, ""})
        .first->second;
  }
  // Adds a target; everything but a create has an old instance that is proven.
  size_t Target(TargetAction action, const std::string& service, int slot, const std::string& host);
  // `replicas` updates of `service`, each on a host of its own: h1, h2 …
  void Updates(const std::string& service, int replicas);

  // One step, and what the core makes of it: "put web.1@h1, put web.2@h2; running".
  std::string Step();
  // Hosts work on what they were told.
  void Work();
  // Steps and works until nothing changes any more; the lines, each with its time.
  std::string Run(absl::Duration at_most = absl::Minutes(2));
  // Steps, works and lets time pass until the rollout has ended or paused.
  RolloutState Finish();

  StepInput Input() const;
  void Pass(absl::Duration by) { now += by; }
  std::string State() const { return std::string(ToString(row.state)); }
  // "web.1@h1 proven; web.2@h2 waiting"
  std::string Targets() const;
  void Report(size_t i, InstanceState state, bool proven, FailureKind failure, bool verdict);

  AppSpec spec;
  RolloutRow row;
  std::map<HostId, StepHost> hosts;
  int64_t succeeded = 1;
  bool held = false;
  int max_starts = 1000;
  absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  std::map<size_t, Fate> fates;  // kProves where it names none
  std::vector<StepEvent> events;
  bool more = false;  // of the last step
  // What hosts say, and what the ledger would.
  struct Facts {
    InstanceStatus observed, predecessor;
    bool observed_known = false, predecessor_known = false;
    Intent predecessor_intent = Intent::kRun;
    bool removal_open = false, off_baseline = false, still_there = false;
    std::vector<PortUse> brings, frees;
  };
  std::vector<Facts> facts;

 private:
  void CarryOut(const InstanceChange& change);
  void WorkOn(size_t i);
  void Check(const StepInput& input, const StepResult& result) const;
  std::string Name(size_t i) const;
  absl::Time began_ = now;
};

}  // namespace quayside::controller
