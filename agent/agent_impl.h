// The inside of Agent, shared by agent.cc (turns and mail) and agent_calls.cc (engine calls and
// their answers). Everything here belongs to the agent thread.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/agent.h"
#include "agent/cleanup.h"
#include "agent/observe.h"
#include "agent/plan.h"
#include "agent/probe_watch.h"
#include "agent/reporter.h"
#include "agent/state.h"

namespace quayside::agent {

// Periods of the agents of a fleet drift apart: each is up to this share longer or shorter.
inline constexpr double kPeriodJitter = 0.2;

struct Agent::Impl {
  // One call that the engine has not answered yet.
  struct Call {
    enum class Kind { kFacts, kList, kInspect, kImages, kAction };
    Kind kind = Kind::kFacts;
    std::string container;  // kInspect
    Action action;          // kAction
    NetworkSpec network;    // of an action that ensures one
  };

  Impl(AgentOptions options_in, Clock& clock_in, Random& random_in, FileStore& files_in,
       Engine& engine_in, Prober& prober, Link& link_in, std::function<void(AgentEvent)> submit_in);

  // ---- agent.cc ----
  absl::Status Start();
  MonoTime Turn(std::vector<AgentEvent> events);
  void Handle(const Connected& event);
  void Handle(const Disconnected& event);
  void Handle(AssignmentReceived event);
  void Handle(HeartbeatAnswered event);
  void Handle(const CommandReceived& event);
  void Handle(const EngineReplied& event);
  void Handle(const EngineChanged& event);
  void Handle(const ProbeAnswered& event);
  void Assess();
  PlanResult Decide();
  bool WriteRecords(const PlanResult& plan);
  void ForgetRemoved(const PlanResult& plan);
  void SendReport(const PlanResult& plan);
  PlanInput Input() const;
  void SayHello();
  void Note(const std::string& kind, const SlotKey& slot, const InstanceId& instance,
            const std::string& message);

  // ---- agent_calls.cc ----
  void Submit(Call call, EngineCall engine_call);
  void Perform(const Action& action);
  void Relist(bool every);
  void RequestInspect(const std::string& container, const std::string& release);
  void FoldFacts(const EngineReply& reply);
  void FoldList(const EngineReply& reply);
  void FoldInspection(const std::string& container, const EngineReply& reply);
  // The engine's id of the container that an action is about; "" when it is gone. (The object of a
  // connection is the network.)
  std::string ContainerOf(const Action& action) const;
  void FoldAction(const Call& call, const EngineReply& reply);
  void FoldDone(const Call& call, const EngineAnswer& answer);
  void FoldFailed(const Call& call, const absl::Status& status);
  void FoldLogs(const Action& action, const std::string& text);
  void NoteDriftHealed(const InstanceId& instance);
  // True when the agent, not the engine, restarts this container: its end is then taken from the
  // event, and it is started again before it is looked at.
  bool RestartsItself(const std::string& container) const;
  void InspectEnded();
  void NoteChange(const Change& change);
  void NoteExit(const Change& change);
  void NoteEngineLost(const std::string& reason);

  // ---- agent_cleanup.cc ----
  // One image cleanup, from the list of images to the last removal.
  struct CleanupRun {
    std::string command;  // "" when the disk's level began it
    bool dry_run = false;
    CleanupRules rules;
    std::map<std::string, std::string> pending;  // image → its line when it is removed
    std::vector<std::string> lines;
  };
  void AskFacts();
  // Notes what is needed now, and one more image that was pulled.
  void KeepLedger(const std::string& pulled);
  void CleanByDiskLevel();
  void BeginCleanup(CleanupRun run);
  void FoldImages(const EngineReply& reply);
  void FoldImageRemoval(const std::string& image, const absl::Status& status);
  void EndCleanup(const absl::Status& status);

  void Release(const std::string& key) { busy.erase(key); }

  // Constant after construction.
  const AgentOptions options;
  Clock& clock;
  Random& random;
  Engine& engine;
  Link& link;
  const std::function<void(AgentEvent)> submit;

  // What is enforced, and what was tried.
  State state;
  Assignment assignment;  // generation 0: none
  std::map<SlotKey, SlotRecord> records;
  std::set<SlotKey> unwritten;  // records that the disk did not take

  // What is known of the engine.
  bool engine_lost_said = false;
  EngineFacts facts;
  Observation observation;
  std::map<InstanceId, Assessment> health;
  ProbeWatch probes;
  std::map<std::string, ImageFact> images;
  std::vector<EnsuredNetwork> networks;
  std::set<std::string> volumes;
  std::map<AppName, Leftovers> leftovers;
  std::map<std::string, Trouble> troubles;
  std::set<InstanceId> logs_read;
  std::map<std::string, std::string> pull_progress;  // by image, while it is pulled
  MonoTime progress_at;                              // not told again before
  ImageLedger ledger;
  std::optional<CleanupRun> cleanup;
  MonoTime watching_since;  // the engine or the agent began: verdicts are held for a while
  MonoTime next_unhealthy_restart;

  // What is under way.
  uint64_t last_call = 0;
  std::map<uint64_t, Call> calls;
  std::map<std::string, Action::Kind> busy;
  struct Inspection {
    bool again = false;   // something happened since it was asked
    std::string release;  // the busy key that ends with it
  };
  std::map<std::string, Inspection> inspections;  // by container id
  // Containers whose end is known from an event alone: looked at after this turn's calls.
  std::set<std::string> ended;
  // Busy keys that end with an inspection that failed, by container id: asked again with the next
  // list. Until then nobody knows what our call has done.
  std::map<std::string, std::string> unseen;
  // The engine's ids of containers that are being made, as its events tell them before the answer.
  std::map<InstanceId, std::string> made;
  bool list_every = true;  // the next list is followed by an inspection of everything
  MonoTime relist_at = MonoTime::Never();
  MonoTime facts_at = MonoTime::Never();

  Reporter reporter;

  // Read once per turn.
  MonoTime now;
  absl::Time wall;
};

}  // namespace quayside::agent
