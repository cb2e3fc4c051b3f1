// Stepper is the working state of one StepRollout call: the next row, and the moves that the parts
// of the rollout engine share. Internal to controller/rollout.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "controller/rollout/judge.h"
#include "controller/rollout/step.h"

namespace quayside::controller {

class Stepper {
 public:
  explicit Stepper(const StepInput& input) : in_(input) {
    out_.next = *input.row;
    FindLinks();
  }

  StepResult Run();

 private:
  // stepper.cc: the states.
  void Advance();
  void Monitor();
  void RollBack();
  void CatchUp();
  void ResumeDeferred(size_t i);
  void JudgeReturned(size_t i);
  void Finish();
  void AtDeadline();

  // progress.cc: what is on its way.
  void JudgeWorking();
  void JudgeProven(bool window_open);
  void ReturnDeferred();
  void DeferLost();
  void FailTarget(size_t i, const std::string& reason);

  // start.cc: what comes next.
  void StartNext();
  bool StartCreates();
  void StartUpdates();
  void StartRemovals();
  void CompleteGroups();
  void StartGroup(size_t i);
  void Start(size_t i, ChangeKind kind);

  // failure.cc: going back.
  void FailRollout(const std::string& reason);
  bool ToGoBack(size_t i) const;
  bool SendBack();
  void SendBackGroup(size_t i);
  bool StopStarted();
  void SettleProven();
  void Pause(const std::string& reason);
  void End(RolloutState state, const std::string& reason, std::string_view event);

  // Questions.
  void FindLinks();
  bool Full() const { return out_.changes.size() >= static_cast<size_t>(in_.max_starts); }
  const ServiceSpec* Service(size_t i) const;
  const std::vector<std::string>& ImageVolumes(const ServiceName& service) const;
  const StepHost* Host(size_t i) const;
  bool HostReady(size_t i) const;
  bool Settled(size_t i) const;
  bool Unplaced(size_t i) const;
  // A slot with data that changes its host: the old container ends before the new one begins.
  bool MovesWithState(size_t i) const { return moves_[i]; }
  // Such a slot, and the old container has not ended yet.
  bool WaitsForItsData(size_t i) const;
  // A removal that waits for the end of the rollout.
  bool LateRemoval(size_t i) const;
  // A target that shares a fixed port with another on its host: they go together (R15).
  bool HandsOverPort(size_t i) const { return !links_[i].empty(); }
  // Failures were tolerated, and nothing is proven beside them: nothing came of the revision.
  bool ProvenNowhere() const;
  int Count(TargetState state) const;
  std::string Name(size_t i) const;

  std::vector<RolloutTarget>& targets() { return out_.next.targets; }
  const std::vector<RolloutTarget>& targets() const { return out_.next.targets; }
  void Move(size_t i, TargetState state, std::string reason);
  void Change(ChangeKind kind, size_t i) { out_.changes.push_back({kind, i}); }
  void Event(std::string_view kind, std::string message, size_t i = StepEvent::kNoTarget) {
    out_.events.push_back({std::string(kind), std::move(message), i});
  }
  void Progress();

  const StepInput& in_;
  StepResult out_;
  std::vector<std::vector<size_t>> links_;  // by target: those it hands a port over with
  std::vector<bool> moves_;
};

}  // namespace quayside::controller
