// Host is one simulated server: its engine and disk, which survive, and its agent, which is killed
// and started again.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "agent/agent.h"
#include "agent/fake_engine/fake_docker.h"
#include "agent/fake_engine/fake_engine.h"
#include "common/base/file.h"
#include "tests/sim/host_checker.h"
#include "tests/sim/network.h"
#include "tests/sim/process.h"
#include "tests/sim/world.h"

namespace quayside::sim {

// Puts something between an agent and its engine: an agent that breaks rules, for tests of the
// checkers.
using WrapEngine = std::function<std::unique_ptr<agent::Engine>(agent::Engine& engine,
                                                                agent::fake::FakeDocker& docker)>;

class Host {
 public:
  Host(World& world, Network& network, agent::fake::FakeRegistry& registry, int index,
       std::map<std::string, std::string> labels, WrapEngine wrap);
  ~Host();

  const std::string& name() const { return name_; }
  int index() const { return index_; }
  agent::fake::FakeDocker& docker() { return docker_; }
  MemoryFileStore& files() { return files_; }
  HostChecker& checker() { return checker_; }

  bool agent_up() const { return agent_ != nullptr; }
  void StartAgent();
  void KillAgent();
  // The agent dies within `within` of its next call that changes something.
  void KillAgentAtNextChange(absl::Duration within);
  // Takes that back.
  void DisarmKill();

  // Everything at once, as without current; files and containers stay.
  void PowerOff();
  void PowerOn();
  bool powered() const { return powered_; }

 private:
  class ContainerProber;
  struct AgentProcess;

  World& world_;
  Network& network_;
  const int index_;
  const std::string name_;
  const std::map<std::string, std::string> labels_;
  const WrapEngine wrap_;
  agent::fake::FakeDocker docker_;
  MemoryFileStore files_;
  HostChecker checker_;
  bool powered_ = true;
  int boots_ = 0, processes_ = 0, kill_order_ = 0;
  HostId host_id_;  // from the first Welcome, in the agent's identity file
  std::unique_ptr<AgentProcess> agent_;
  Alive alive_ = std::make_shared<bool>(true);
};

}  // namespace quayside::sim
