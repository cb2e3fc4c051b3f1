// A Core with a scripted fleet: agents that do what the test says, on a clock that the test moves.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "controller/core/core.h"
#include "controller/store/store.h"

namespace quayside::controller {

class TestClock final : public Clock {
 public:
  MonoTime Now() override { return mono; }
  absl::Time Wall() override { return wall; }
  void Advance(absl::Duration by) {
    mono = mono + by;
    wall += by;
  }
  MonoTime mono = MonoTime::FromNanos(1'000'000'000);
  absl::Time wall = absl::FromUnixSeconds(1'800'000'000);
};

class ScriptedFleet final : public Fleet {
 public:
  void Welcome(SessionId session, WelcomeFacts facts) override { welcomed[session] = facts; }
  void Offer(SessionId session, SharedAssignment assignment) override {
    offered[session] = std::move(assignment);
    ++offers;
  }
  void AnswerHeartbeat(SessionId session, uint64_t, uint64_t committed, absl::Duration) override {
    committed_report[session] = committed;
  }
  void SendCommand(SessionId session, std::string id, bool) override { commands[session] = id; }
  void Close(SessionId session, absl::Status why) override { closed[session] = why; }

  std::map<SessionId, WelcomeFacts> welcomed;
  std::map<SessionId, SharedAssignment> offered;
  std::map<SessionId, uint64_t> committed_report;
  std::map<SessionId, std::string> commands;
  std::map<SessionId, absl::Status> closed;
  int offers = 0;
};

// An agent as the controller sees it: it has an Assignment and reports what the test wants.
struct ScriptedAgent {
  SessionId session = 0;
  std::string name;
  HostId host;
  uint64_t sequence = 0;
  StoreEpoch epoch;
  int64_t generation = 0;
  std::map<std::string, std::string> labels;
  std::string arch = "amd64";
  SharedAssignment has;                // the last that it was offered, in whatever session
  std::map<InstanceId, SlotKey> made;  // every instance that it was ever told to run
};

class CoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = Store::Open(":memory:");
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
    StartCore();
  }
  void StartCore() {
    core_ = std::make_unique<Core>(options_, clock_, random_, *store_, fleet_);
    ASSERT_TRUE(core_->Start().ok());
  }

  MonoTime Turn() { return core_->Turn({}); }
  template <typename E>
  void Say(E event) {
    std::vector<CoreEvent> events;
    events.push_back(std::move(event));
    core_->Turn(std::move(events));
  }
  // Asks and returns the answer, which comes within the turn.
  template <typename T, typename R>
  absl::StatusOr<T> Ask(R request) {
    std::optional<absl::StatusOr<T>> answer;
    request.done = [&](absl::StatusOr<T> result) { answer = std::move(result); };
    std::vector<CoreEvent> events;
    events.push_back(Request(std::move(request)));
    core_->Turn(std::move(events));
    EXPECT_TRUE(answer.has_value());
    return answer.has_value() ? *std::move(answer) : absl::InternalError("no answer");
  }

  AgentHello Hello(const ScriptedAgent& agent) {
    AgentHello hello;
    hello.session = agent.session;
    hello.name = agent.name;
    hello.host = agent.host;
    hello.secret = "secret of " + agent.name;
    hello.machine_id = "machine of " + agent.name;
    hello.epoch = agent.epoch;
    hello.generation = agent.generation;
    hello.labels = agent.labels;
    hello.engine.reachable = true;
    hello.engine.os = "linux";
    hello.engine.arch = agent.arch;
    hello.engine.cpus = 4;
    hello.engine.memory_bytes = 8LL << 30;
    return hello;
  }
  // A host joins (or connects again) and reports for the first time.
  ScriptedAgent& Join(const std::string& name, std::map<std::string, std::string> labels = {}) {
    ScriptedAgent& agent = agents_[name];
    agent.name = name;
    agent.session = next_session_++;
    agent.sequence = 0;
    if (!labels.empty()) agent.labels = std::move(labels);
    Say(Hello(agent));
    EXPECT_TRUE(fleet_.welcomed.contains(agent.session)) << name;
    agent.host = fleet_.welcomed[agent.session].host;
    Work(agent);
    return agent;
  }
  void Disconnect(ScriptedAgent& agent) { Say(AgentGone{agent.session, "cut", true}); }

  // What the agent would report: every desired instance proven, all removals done; `broken` specs
  // fail, `stuck` hosts say nothing.
  Report MakeReport(ScriptedAgent& agent) {
    Report report;
    report.sequence = ++agent.sequence;
    report.engine = Hello(agent).engine;
    const auto offered = fleet_.offered.find(agent.session);
    if (offered != fleet_.offered.end()) agent.has = offered->second;
    if (agent.has == nullptr) {
      report.epoch = agent.epoch;
      report.generation = agent.generation;
      return report;
    }
    const Assignment& assignment = *agent.has;
    agent.epoch = report.epoch = assignment.epoch;
    agent.generation = report.generation = assignment.generation;
    report.settled = true;
    for (const Instance& instance : assignment.instances) {
      InstanceStatus status;
      agent.made[instance.id] = instance.slot;
      status.id = instance.id;
      status.slot = instance.slot;
      status.revision = instance.revision;
      status.spec = instance.spec;
      const ContainerSpec& spec = assignment.specs.at(instance.spec);
      if (instance.intent == Intent::kStop) {
        status.state = InstanceState::kStopped;
      } else if (broken_.contains(spec.image)) {
        status.state = InstanceState::kFailed;
        status.failure = FailureKind::kApplication;
        status.verdict = true;
        status.reason = "exited with 3";
      } else if (slow_.contains(spec.image)) {
        status.state = InstanceState::kPulling;
        status.failure = FailureKind::kInfrastructure;
        status.reason = "the registry answers 503";
      } else {
        status.state = InstanceState::kRunning;
        status.proven = true;
        status.image = spec.image;
      }
      report.instances.push_back(status);
    }
    for (const Removal& removal : assignment.removals) {
      if (removal.service.empty()) {
        report.removed_apps.push_back(removal.app);
      } else {
        const SlotKey slot{removal.app, removal.service, removal.slot};
        const bool kept =
            std::any_of(assignment.keep.begin(), assignment.keep.end(), [&](const InstanceId& id) {
              const auto made = agent.made.find(id);
              return made != agent.made.end() && made->second == slot;
            });
        (kept ? report.vacated_slots : report.removed_slots).push_back(slot);
      }
    }
    return report;
  }
  void Work(ScriptedAgent& agent) {
    const auto offered = fleet_.offered.find(agent.session);
    if (offered != fleet_.offered.end()) {
      Say(AgentAck{agent.session, offered->second->epoch, offered->second->generation, {}, ""});
    }
    Say(AgentReport{agent.session, MakeReport(agent)});
  }
  // Every connected agent works until nothing is offered any more.
  void WorkAll() {
    for (int round = 0; round < 100; ++round) {
      const int before = fleet_.offers;
      for (auto& [name, agent] : agents_) {
        if (!away_.contains(name)) Work(agent);
      }
      clock_.Advance(absl::Milliseconds(10));
      Turn();
      if (fleet_.offers == before) return;
    }
    ADD_FAILURE() << "it does not come to rest";
  }

  static ServiceSpec Service(const std::string& name, const std::string& image, int replicas = 1) {
    ServiceSpec service;
    service.name = ServiceName(name);
    service.container.image = image;
    service.replicas = replicas;
    service.replicas_in_file = true;
    return service;
  }
  static std::string Ref(const std::string& version) {
    return "registry.test/web@sha256:" + std::string(63, 'a') + version.back();
  }
  ApplyApp Apply(const std::string& app, std::vector<ServiceSpec> services) {
    ApplyApp request;
    request.caller = {RequestId("r" + std::to_string(++requests_)), "tester", "body"};
    request.ticket = *Ask<int64_t>(TakeTicket{});
    request.spec.name = AppName(app);
    request.spec.services = std::move(services);
    request.cause = "apply";
    return request;
  }
  absl::StatusOr<ChangeResult> ApplyNow(const std::string& app, std::vector<ServiceSpec> services) {
    return Ask<ChangeResult>(Apply(app, std::move(services)));
  }
  AppStatusView Status(const std::string& app) {
    GetStatus request;
    request.app = AppName(app);
    auto status = Ask<AppStatusView>(std::move(request));
    EXPECT_TRUE(status.ok()) << status.status();
    return status.ok() ? *status : AppStatusView();
  }
  std::string RolloutWord(const std::string& app) {
    const AppStatusView status = Status(app);
    return status.rollout.has_value() ? std::string(ToString(status.rollout->row.state)) : "none";
  }
  std::vector<InstanceView> Ps(const std::string& app) {
    ListInstances request;
    request.app = app;
    auto page = Ask<InstancePage>(std::move(request));
    EXPECT_TRUE(page.ok()) << page.status();
    return page.ok() ? page->instances : std::vector<InstanceView>();
  }
  // "web.1@h1 web.2@h2"
  std::string Where(const std::string& app) {
    std::string text;
    for (const InstanceView& view : Ps(app)) {
      text += (text.empty() ? "" : " ") + view.status.slot.service.value + "." +
              std::to_string(view.status.slot.slot) + "@" + view.host;
    }
    return text;
  }
  // "ready", "away" …; "none" when there is no such host.
  std::string StateOf(const std::string& name) {
    const auto hosts = Ask<std::vector<HostView>>(ListHosts{});
    EXPECT_TRUE(hosts.ok()) << hosts.status();
    for (const HostView& view : *hosts) {
      if (view.row.name == name) return view.state;
    }
    return "none";
  }
  // Stored events of that kind, at most 1,000.
  int CountEvents(const std::string& kind) {
    const auto events = store_->Events("", "", InstanceId(), 0, 1000);
    EXPECT_TRUE(events.ok()) << events.status();
    int count = 0;
    for (const EventRow& event : *events) count += event.kind == kind ? 1 : 0;
    return count;
  }
  Caller NewCaller() { return {RequestId("r" + std::to_string(++requests_)), "tester", "body"}; }

  CoreOptions options_;
  TestClock clock_;
  SeededRandom random_{7};
  ScriptedFleet fleet_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Core> core_;
  std::map<std::string, ScriptedAgent> agents_;
  std::set<std::string> broken_, slow_, away_;
  SessionId next_session_ = 1;
  int requests_ = 0;
};

}  // namespace quayside::controller
