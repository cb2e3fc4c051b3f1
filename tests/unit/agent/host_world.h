// HostWorld is one host on virtual time: a real Agent over a FakeDocker, with files that survive
// the agent. A test says what the host should run, lets time pass, kills and boots things, and
// looks. One thread.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/agent.h"
#include "agent/fake_engine/fake_docker.h"
#include "agent/fake_engine/fake_engine.h"
#include "common/base/file.h"
#include "common/base/random.h"

namespace quayside::agent {

// Virtual time: tasks by instant, in the order given.
class WorldTime final : public fake::FakeScheduler, public Clock {
 public:
  MonoTime Now() override { return now_; }
  absl::Time Wall() override { return absl::UnixEpoch() + absl::Hours(1000) + (now_ - MonoTime()); }
  void At(MonoTime when, absl::AnyInvocable<void()> task) override;
  // Runs the earliest task, if there is one at or before `end`.
  bool Step(MonoTime end);
  void Advance(MonoTime to) { now_ = std::max(now_, to); }

 private:
  MonoTime now_ = MonoTime::FromNanos(1);
  uint64_t order_ = 0;
  std::map<std::pair<MonoTime, uint64_t>, absl::AnyInvocable<void()>> tasks_;
};

// Keeps what the agent said last.
class WorldLink final : public Link {
 public:
  void SetHello(HelloFacts facts) override { hello = std::move(facts); }
  void SendAck(Ack ack) override { acks.push_back(std::move(ack)); }
  void SendReport(Report report) override;
  void SendHeartbeat(uint64_t, uint64_t) override { ++heartbeats; }
  void SendCommandOutcome(CommandOutcome outcome) override { outcomes.push_back(outcome); }

  HelloFacts hello;
  std::vector<Ack> acks;
  Report report;
  int reports = 0, heartbeats = 0;
  std::vector<HostEvent> events;  // each once
  std::vector<CommandOutcome> outcomes;
};

class HostWorld {
 public:
  HostWorld();
  ~HostWorld();

  // ---- the controller's side ----
  // Gives the host `assignment` with the next generation.
  void Assign(Assignment assignment);
  void Command(CommandRequest command) { Mail(CommandReceived{.command = std::move(command)}); }
  // An assignment of these instances; specs by AddSpec.
  Assignment With(std::vector<Instance> instances) const;
  // Makes an image "registry/NAME@sha256:…" with this behaviour and returns its reference.
  std::string PushImage(const std::string& name, fake::FakeBehaviour behaviour = {},
                        std::vector<std::string> volumes = {});
  SpecDigest AddSpec(ContainerSpec spec);
  // app/service.slot with a new instance of `spec`, min_healthy 1 s.
  static Instance Make(const std::string& id, const std::string& service, const SpecDigest& spec,
                       int32_t slot = 1);

  // ---- time and trouble ----
  // With `session` false the controller cannot be reached.
  void StartAgent(bool session = true);
  void KillAgent();
  // Runs until `duration` has passed.
  void Run(absl::Duration duration);
  // Runs until `done` or at most `limit`; true when done.
  bool RunUntil(const std::function<bool()>& done, absl::Duration limit = absl::Minutes(10));

  // ---- looking ----
  const InstanceStatus* Status(const std::string& id) const;
  bool Proven(const std::string& id) const;
  InstanceState StateOf(const std::string& id) const;
  const fake::FakeContainer* ContainerOf(const std::string& id) const;
  bool Running(const std::string& id) const;
  int RunningIn(const std::string& service) const;
  bool Said(const std::string& kind) const;
  // Everything that happened, for the message of a failed test.
  std::string Story() const;
  int CallsLike(const std::string& prefix) const;
  bool agent_alive() const { return agent_ != nullptr; }

  WorldTime time;
  fake::FakeRegistry registry;
  fake::FakeDocker docker;
  MemoryFileStore files;
  WorldLink link;
  Assignment last;

 private:
  class WorldProber;

  void Mail(AgentEvent event);
  void Turn();
  void ScheduleTurn(MonoTime when);

  SeededRandom random_{7};
  std::map<SpecDigest, ContainerSpec> specs_;
  int64_t generation_ = 0;
  uint64_t life_ = 0;  // of the agent: mail for an earlier one is lost
  std::vector<AgentEvent> mail_;
  MonoTime turn_at_ = MonoTime::Never();
  std::unique_ptr<fake::FakeEngine> engine_;
  std::unique_ptr<WorldProber> prober_;
  std::unique_ptr<Agent> agent_;
};

}  // namespace quayside::agent
