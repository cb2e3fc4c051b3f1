#include "agent/engine.h"

namespace quayside::agent {
namespace {

// Enough of an engine id to recognise it; names stay whole.
std::string Short(const std::string& container) {
  const bool is_id = container.size() == 64 &&
                     container.find_first_not_of("0123456789abcdef") == std::string::npos;
  return is_id ? container.substr(0, 12) : container;
}

std::string_view PolicyWord(ArmedPolicy policy) {
  switch (policy) {
    case ArmedPolicy::kNo:
      return "no";
    case ArmedPolicy::kUnlessStopped:
      return "unless-stopped";
    case ArmedPolicy::kOther:
      return "other";
  }
  return "other";
}

struct Describer {
  std::string operator()(const GetFacts&) const { return "facts"; }
  std::string operator()(const ListContainers& c) const { return "list " + c.label; }
  std::string operator()(const InspectContainer& c) const {
    return "inspect " + Short(c.container);
  }
  std::string operator()(const CreateContainer& c) const { return "create " + c.plan.name; }
  std::string operator()(const StartContainer& c) const { return "start " + Short(c.container); }
  std::string operator()(const StopContainer& c) const { return "stop " + Short(c.container); }
  std::string operator()(const KillContainer& c) const {
    return "kill " + Short(c.container) + " " + c.signal;
  }
  std::string operator()(const SetPolicy& c) const {
    return "set policy of " + Short(c.container) + " to " + std::string(PolicyWord(c.policy));
  }
  std::string operator()(const SetLimits& c) const { return "set limits of " + Short(c.container); }
  std::string operator()(const RenameContainer& c) const {
    return "rename " + Short(c.container) + " to " + c.name;
  }
  std::string operator()(const UnpauseContainer& c) const {
    return "unpause " + Short(c.container);
  }
  std::string operator()(const RemoveContainer& c) const { return "remove " + Short(c.container); }
  std::string operator()(const InspectImage& c) const { return "inspect image " + c.image; }
  std::string operator()(const ListImages&) const { return "list images"; }
  std::string operator()(const PullImage& c) const { return "pull " + c.image; }
  std::string operator()(const RemoveImage& c) const { return "remove image " + c.image; }
  std::string operator()(const EnsureNetwork& c) const {
    return "ensure network " + c.network.name;
  }
  std::string operator()(const RemoveNetwork& c) const { return "remove network " + c.network; }
  std::string operator()(const ConnectNetwork& c) const {
    return "connect " + Short(c.container) + " to " + c.network;
  }
  std::string operator()(const EnsureVolume& c) const { return "ensure volume " + c.volume.name; }
  std::string operator()(const RemoveVolume& c) const { return "remove volume " + c.volume; }
  std::string operator()(const ListVolumes& c) const { return "list volumes " + c.label; }
  std::string operator()(const ListNetworks& c) const { return "list networks " + c.label; }
  std::string operator()(const ReadLogs& c) const { return "logs of " + Short(c.container); }
  std::string operator()(const ExecCommand& c) const {
    return "exec in " + Short(c.container) + (c.command.empty() ? "" : ": " + c.command.front());
  }
};

}  // namespace

std::string Describe(const EngineCall& call) { return std::visit(Describer{}, call); }

}  // namespace quayside::agent
