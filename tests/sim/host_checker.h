// HostChecker watches one simulated host: what its agent asks of the engine (call by call), what it
// writes down, and every change of a container. What breaks a rule is told to the World, which ends
// the run. It holds no opinion of how the agent works: it knows the Assignment that the agent has
// stored, the slot records, and the engine's state.
//
// Checked here: R6 (only what is named is removed), R10 (nothing is changed while the engine cannot
// be asked), R11 (foreign containers), R12 (no stop before the new image is local; what is kept
// stays), R13 (armed = committed), R14 (one container per instance), R15 (exclusive slots and
// ports; a way back always exists), R17 (pulls by digest, images in use are not removed), R25 (spec
// digests are those of the bytes received).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "agent/engine.h"
#include "agent/fake_engine/fake_docker.h"
#include "common/base/file.h"
#include "common/model/assignment.h"
#include "common/model/slot_record.h"
#include "tests/sim/world.h"

namespace quayside::sim {

class HostChecker {
 public:
  // `files` are the agent's own.
  HostChecker(World& world, std::string name, agent::fake::FakeDocker& docker,
              MemoryFileStore& files);

  // The agent has written or removed the file `name`.
  void OnFile(std::string_view name);
  // The agent's call, before the engine gets it.
  void OnCall(const agent::EngineCall& call);
  // The agent has been told this of the engine's event stream.
  void OnEvent(const agent::EngineEvent& event);
  // A new agent process: it knows nothing of the engine yet.
  void OnAgentStart() { engine_known_ = false; }
  // A container has changed, at this instant.
  void OnChange();

  // A fault takes this container or image away: it is no way back any more.
  void ForgetContainer(const std::string& id);
  void ForgetImage(const std::string& image);

  // Containers that are not ours, which nothing may touch.
  void AddForeign(const std::string& id) { foreign_.insert(id); }
  const std::set<std::string>& foreign() const { return foreign_; }

  // What the agent has stored; generation 0 when nothing.
  const Assignment& enforced() const { return enforced_; }
  // What the slot records keep as the one before, also when the Assignment does not ask for it.
  const std::set<InstanceId>& previous() const { return previous_; }
  // Containers with our fleet's and this host's labels, by id, with their instances.
  std::map<std::string, InstanceId> OurContainers() const;

 private:
  struct Ours {
    const agent::fake::FakeContainer* container;
    SlotKey slot;
    InstanceId instance;
  };
  void LoadAssignment();
  void LoadRecords();
  std::vector<Ours> FindOurs() const;
  std::optional<Ours> FindOurs(const std::string& container) const;
  void Violate(const std::string& rule, const std::string& text);

  void CheckStop(const Ours& stopped);
  // Another one of its slot is the committed one, and is here.
  bool HasSuccessor(const Ours& old) const;
  void CheckRemove(const Ours& removed);
  void CheckNamed(const Ours& container, const std::string& doing);
  void CheckCreate(const agent::CreateContainer& create);
  void CheckRemoveImage(const std::string& image);
  void CheckExclusive(const std::vector<Ours>& ours);
  void CheckArmed(const std::vector<Ours>& ours);
  void CheckWayBack(const std::vector<Ours>& ours);
  bool HasWayBack(const SlotKey& slot, const std::set<InstanceId>& ways,
                  const std::vector<Ours>& ours) const;
  void Forget(const Ours& lost);
  // The desired instance of that slot here, or nullptr.
  const Instance* Desired(const SlotKey& slot) const;
  bool Removed(const SlotKey& slot) const;

  World& world_;
  const std::string name_;
  agent::fake::FakeDocker& docker_;
  MemoryFileStore& files_;
  std::set<std::string> foreign_;
  bool engine_known_ = false;
  Assignment enforced_;
  std::set<InstanceId> previous_;
  std::map<SlotKey, SlotRecord> records_;  // as the agent has written them
  // What was ever committed in a slot's record, and of that, what still is a way back.
  std::map<SlotKey, std::set<InstanceId>> committed_, ways_back_;
};

// The agent's files with a checker that looks at each change.
class WatchedFiles final : public FileStore {
 public:
  WatchedFiles(MemoryFileStore& files, HostChecker& checker) : files_(files), checker_(checker) {}
  absl::StatusOr<std::string> Read(std::string_view name) override { return files_.Read(name); }
  absl::Status Write(std::string_view name, std::string_view content) override;
  absl::Status Remove(std::string_view name) override;
  absl::StatusOr<std::vector<std::string>> List(std::string_view directory) override {
    return files_.List(directory);
  }

 private:
  MemoryFileStore& files_;
  HostChecker& checker_;
};

// The agent's engine with a checker in between.
class WatchedEngine final : public agent::Engine {
 public:
  WatchedEngine(agent::Engine& engine, HostChecker& checker) : engine_(engine), checker_(checker) {}
  void Submit(agent::EngineCall call, Done done) override {
    if (on_call) on_call(call);
    checker_.OnCall(call);
    engine_.Submit(std::move(call), std::move(done));
  }
  void Watch(OnEvent on_event) override {
    engine_.Watch([this, on_event = std::move(on_event)](agent::EngineEvent event) {
      checker_.OnEvent(event);
      on_event(std::move(event));
    });
  }
  std::function<void(const agent::EngineCall&)> on_call;

 private:
  agent::Engine& engine_;
  HostChecker& checker_;
};

// True for calls that change something on the host.
bool Changes(const agent::EngineCall& call);
// The container that a call is about; "" when none.
std::string ContainerOf(const agent::EngineCall& call);

}  // namespace quayside::sim
