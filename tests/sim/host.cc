#include "tests/sim/host.h"

#include <utility>

#include "common/base/status.h"

namespace quayside::sim {

using agent::AgentEvent;

class Host::ContainerProber final : public agent::Prober {
 public:
  ContainerProber(World& world, agent::fake::FakeDocker& docker) : world_(world), docker_(docker) {}
  ~ContainerProber() override { *alive_ = false; }

  void Probe(agent::ProbeTarget target, absl::AnyInvocable<void(absl::Status)> done) override {
    world_.After(absl::Milliseconds(1), [this, alive = alive_, target = std::move(target),
                                         done = std::move(done)]() mutable {
      if (*alive) done(docker_.AnswerProbe(target));
    });
  }

 private:
  World& world_;
  agent::fake::FakeDocker& docker_;
  Alive alive_ = std::make_shared<bool>(true);
};

// All that dies with the agent. Members end in reverse order: the agent first, what it uses after
// it.
struct Host::AgentProcess {
  AgentProcess(Host& host, Peer peer)
      : clock(host.world_),
        random(host.world_.random().Next()),
        files(host.files_, host.checker_),
        connection(host.docker_),
        engine(connection, host.checker_),
        wrapped(host.wrap_ ? host.wrap_(engine, host.docker_) : nullptr),
        prober(host.world_, host.docker_),
        link(host.world_, host.network_, host.index_, std::move(peer)),
        agent({}, clock, random, files, wrapped ? *wrapped : static_cast<agent::Engine&>(engine),
              prober, link, [this](AgentEvent event) { Submit(std::move(event)); }) {}

  void Submit(AgentEvent event) {
    if (process) process->Submit(std::move(event));
  }

  WorldClock clock;
  SeededRandom random;
  WatchedFiles files;
  agent::fake::FakeEngine connection;
  WatchedEngine engine;
  std::unique_ptr<agent::Engine> wrapped;
  ContainerProber prober;
  SimLink link;
  agent::Agent agent;
  std::unique_ptr<Process<AgentEvent>> process;
};

Host::Host(World& world, Network& network, agent::fake::FakeRegistry& registry, int index,
           std::map<std::string, std::string> labels, WrapEngine wrap)
    : world_(world),
      network_(network),
      index_(index),
      name_("host-" + std::to_string(index)),
      labels_(std::move(labels)),
      wrap_(std::move(wrap)),
      docker_(name_, world, registry),
      checker_(world, name_, docker_, files_) {
  docker_.on_change = [this] { checker_.OnChange(); };
}

Host::~Host() {
  *alive_ = false;
  docker_.on_change = nullptr;
  agent_.reset();
}

void Host::StartAgent() {
  if (agent_ != nullptr || !powered_) return;
  world_.Trace(name_ + " agent starts");
  ++processes_;
  checker_.OnAgentStart();
  Peer peer;
  peer.name = name_;
  peer.secret = "secret-of-" + name_;
  peer.machine_id = "machine-" + name_;
  peer.boot_id = name_ + "-boot-" + std::to_string(boots_);
  peer.process_nonce = name_ + "-process-" + std::to_string(processes_);
  peer.labels = labels_;
  peer.submit = [this](AgentEvent event) {
    if (const auto* connected = std::get_if<agent::Connected>(&event)) host_id_ = connected->host;
    if (agent_ != nullptr) agent_->Submit(std::move(event));
  };
  agent_ = std::make_unique<AgentProcess>(*this, std::move(peer));
  agent_->link.host_id = host_id_;
  const absl::Status started = agent_->agent.Start();
  if (!started.ok()) {
    world_.Violate("start", name_ + ": the agent does not start: " + Message(started));
    return;
  }
  agent_->process = std::make_unique<Process<AgentEvent>>(
      world_, [agent = &agent_->agent](std::vector<AgentEvent> mail) {
        return agent->Turn(std::move(mail));
      });
}

void Host::KillAgent() {
  if (agent_ == nullptr) return;
  world_.Trace(name_ + " agent is killed");
  agent_.reset();
}

void Host::KillAgentAtNextChange(absl::Duration within) {
  if (agent_ == nullptr) return;
  agent_->engine.on_call = [this, within, process = processes_](const agent::EngineCall& call) {
    if (!Changes(call)) return;
    // Never from inside the agent's own turn.
    world_.After(world_.Between(absl::ZeroDuration(), within),
                 [this, alive = alive_, process, order = kill_order_] {
                   if (*alive && process == processes_ && order == kill_order_) KillAgent();
                 });
  };
}

void Host::DisarmKill() {
  ++kill_order_;
  if (agent_ != nullptr) agent_->engine.on_call = nullptr;
}

void Host::PowerOff() {
  if (!powered_) return;
  world_.Trace(name_ + " loses power");
  powered_ = false;
  network_.Cut(index_, true, true);  // no reset is sent: silence
  KillAgent();
  docker_.CrashDaemon(agent::fake::ContainerFate::kKilled);
}

void Host::PowerOn() {
  if (powered_) return;
  world_.Trace(name_ + " boots");
  powered_ = true;
  ++boots_;
  network_.Heal(index_);
  docker_.StartDaemon();
  StartAgent();
}

}  // namespace quayside::sim
