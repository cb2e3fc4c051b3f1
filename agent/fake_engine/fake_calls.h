// FakeCalls carries one call out on a FakeDocker. Most calls are answered at once; a stop, a pull
// and a command that takes time are answered by the FakeDocker later, under the number of the open
// call.
#pragma once

#include <optional>

#include "agent/fake_engine/fake_docker.h"

namespace quayside::agent::fake {

class FakeCalls {
 public:
  // `silent`: nobody waits for a later answer (an answer was given instead, or a person did it by
  // hand).
  FakeCalls(FakeDocker& docker, uint64_t open_id, bool silent)
      : docker_(docker), open_id_(open_id), silent_(silent) {}

  // Nothing when the answer comes later.
  std::optional<EngineReply> Carry(const EngineCall& call);

 private:
  using Result = std::optional<EngineReply>;

  Result Do(const GetFacts& call);
  Result Do(const ListContainers& call);
  Result Do(const InspectContainer& call);
  Result Do(const CreateContainer& call);
  Result Do(const StartContainer& call);
  Result Do(const StopContainer& call);
  Result Do(const KillContainer& call);
  Result Do(const SetPolicy& call);
  Result Do(const SetLimits& call);
  Result Do(const RenameContainer& call);
  Result Do(const UnpauseContainer& call);
  Result Do(const RemoveContainer& call);
  Result Do(const InspectImage& call);
  Result Do(const ListImages& call);
  Result Do(const PullImage& call);
  Result Do(const RemoveImage& call);
  Result Do(const EnsureNetwork& call);
  Result Do(const RemoveNetwork& call);
  Result Do(const ConnectNetwork& call);
  Result Do(const EnsureVolume& call);
  Result Do(const RemoveVolume& call);
  Result Do(const ListVolumes& call);
  Result Do(const ListNetworks& call);
  Result Do(const ReadLogs& call);
  Result Do(const ExecCommand& call);

  absl::Status JoinNetworks(FakeContainer& container);
  void AddVolumes(FakeContainer& container);
  // The network of `spec`, by either of its names; null when there is none.
  FakeNetwork* FindNetwork(const NetworkSpec& spec);
  void AnswerLater(absl::Duration delay, EngineReply reply);

  FakeDocker& docker_;
  const uint64_t open_id_;
  const bool silent_;
};

}  // namespace quayside::agent::fake
