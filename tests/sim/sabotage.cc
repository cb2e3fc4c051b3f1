#include "tests/sim/sabotage.h"

#include <utility>

#include "agent/container.h"
#include "agent/labels.h"

namespace quayside::sim {
namespace {

using agent::EngineCall;

class BrokenEngine final : public agent::Engine {
 public:
  BrokenEngine(Sabotage sabotage, agent::Engine& engine, agent::fake::FakeDocker& docker)
      : sabotage_(sabotage), engine_(engine), docker_(docker) {}

  void Watch(OnEvent on_event) override { engine_.Watch(std::move(on_event)); }

  void Submit(EngineCall call, Done done) override {
    switch (sabotage_) {
      case Sabotage::kStopsBeforeThePull:
        if (std::holds_alternative<agent::PullImage>(call)) StopAll();
        break;
      case Sabotage::kRemovesWhatIsKept:
        if (const auto* stop = std::get_if<agent::StopContainer>(&call)) {
          engine_.Submit(call, std::move(done));
          return Also(agent::RemoveContainer{stop->container});
        }
        break;
      case Sabotage::kStartsTwo:
        if (const auto* start = std::get_if<agent::StartContainer>(&call)) {
          StartOthersOfItsSlot(start->container);
        }
        break;
      case Sabotage::kTouchesForeign:
        if (std::holds_alternative<agent::StartContainer>(call)) {
          Also(agent::StopContainer{"foreign", absl::ZeroDuration()});
        }
        break;
      case Sabotage::kPullsByTag:
        if (auto* pull = std::get_if<agent::PullImage>(&call)) {
          pull->image = pull->image.substr(0, pull->image.find('@')) + ":latest";
        }
        break;
      case Sabotage::kCreatesArmed:
        if (auto* create = std::get_if<agent::CreateContainer>(&call)) {
          create->plan.policy = agent::ArmedPolicy::kUnlessStopped;
        }
        break;
      case Sabotage::kArmsTheUnproven:
        if (const auto* start = std::get_if<agent::StartContainer>(&call)) {
          Also(agent::SetPolicy{start->container, agent::ArmedPolicy::kUnlessStopped});
        }
        break;
      case Sabotage::kStopsTheUnnamed:
        if (const auto* create = std::get_if<agent::CreateContainer>(&call)) {
          LeaveBehind(create->plan);
        } else if (std::holds_alternative<agent::StartContainer>(call)) {
          Also(agent::StopContainer{"left-behind", absl::ZeroDuration()});
        }
        break;
    }
    engine_.Submit(std::move(call), std::move(done));
  }

 private:
  void Also(EngineCall call) {
    engine_.Submit(std::move(call), [](agent::EngineReply) {});
  }
  // Runs `act` with each container of ours and what its labels say.
  template <typename Act>
  void ForEachOfOurs(Act act) {
    std::vector<std::pair<std::string, agent::Identity>> ours;
    for (const auto& [id, container] : docker_.containers()) {
      agent::Identity identity;
      if (agent::ReadIdentity(container.plan.labels, &identity)) ours.emplace_back(id, identity);
    }
    for (const auto& [id, identity] : ours) act(id, identity);
  }
  void StopAll() {
    ForEachOfOurs([this](const std::string& id, const agent::Identity&) {
      if (docker_.Find(id)->running()) Also(agent::StopContainer{id, absl::Seconds(1)});
    });
  }
  void StartOthersOfItsSlot(const std::string& container) {
    const agent::fake::FakeContainer* started = docker_.Find(container);
    agent::Identity own;
    if (started == nullptr || !agent::ReadIdentity(started->plan.labels, &own)) return;
    ForEachOfOurs([&](const std::string& id, const agent::Identity& identity) {
      if (identity.slot == own.slot && id != container) Also(agent::StartContainer{id});
    });
  }
  // A container of ours whose app is not in the Assignment, as an older database would leave one.
  void LeaveBehind(agent::ContainerPlan plan) {
    if (docker_.Find("left-behind") != nullptr) return;
    plan.name = "left-behind";
    plan.labels[agent::kAppLabel] = "left-behind";
    plan.labels[agent::kInstanceLabel] = "left-behind";
    docker_.ByHand(agent::CreateContainer{std::move(plan)});
  }

  const Sabotage sabotage_;
  agent::Engine& engine_;
  agent::fake::FakeDocker& docker_;
};

}  // namespace

WrapEngine Break(Sabotage sabotage) {
  return [sabotage](agent::Engine& engine, agent::fake::FakeDocker& docker) {
    return std::make_unique<BrokenEngine>(sabotage, engine, docker);
  };
}

}  // namespace quayside::sim
