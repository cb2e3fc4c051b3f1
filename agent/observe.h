// Observation is what the agent knows of the engine's containers: ours by instance, strays by name.
// It folds lists, inspections and events in and says what changed. The list is the truth, events
// are hints. No calls, no clock: the agent asks the engine and passes `now`. Agent thread only.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "agent/container.h"
#include "agent/engine.h"
#include "common/base/mono_time.h"

namespace quayside::agent {

// What an inspection told that was not known before.
struct Change {
  enum class Kind { kNone, kStarted, kExited, kVanished };
  Kind kind = Kind::kNone;
  InstanceId instance;
  SlotKey slot;
  int64_t revision = 0;
  int exits = 0;        // ends of the container since the last look, restarts by the engine too
  absl::Duration ran;   // how long it ran before the last of them
  bool judged = false;  // it ended by itself, under our eyes
  int32_t exit_code = 0;
  bool operator==(const Change&) const = default;
};

class Observation {
 public:
  // Whose containers are ours. When it changes, everything is to be listed again.
  void SetIdentity(const FleetId& fleet, const HostId& host);

  // The engine cannot be asked: what is known may be wrong from here on.
  void Lose();
  // False until a list and all its inspections have been folded in (R10).
  bool known() const { return listed_ && awaited_.empty(); }
  bool listed() const { return listed_; }

  // Returns the ids of containers to inspect: new ones, changed ones, and with `every` all of ours.
  // What vanished is told in `changes`.
  std::vector<std::string> FoldList(const std::vector<ContainerRow>& rows, bool every,
                                    std::vector<Change>& changes);
  Change FoldDetail(const ContainerDetail& detail, MonoTime now, absl::Time wall);
  // The engine's event said that a container, which it does not restart, has ended with this code.
  // dockerd lets nobody inspect it before its network is taken down (60–150 ms); what only an
  // inspection tells stays as it was until there is one.
  Change FoldExit(const std::string& container, int32_t exit_code, MonoTime now, absl::Time wall);
  // The container is gone.
  Change Forget(const std::string& container);
  // Events said that it was sent a signal, or started; they come in order.
  void NoteKill(const std::string& container);
  void NoteStart(const std::string& container);

  // ---- what the agent itself ordered ----
  void NoteStopOrdered(const InstanceId& instance);
  // `unhealthy`: it was stopped for that; counted like a restart after an exit.
  void NoteStartOrdered(const InstanceId& instance, bool unhealthy);
  void NotePolicy(const InstanceId& instance, ArmedPolicy policy);

  const std::map<InstanceId, Container>& containers() const { return containers_; }
  // The instance of an engine container id; empty when it is not ours.
  InstanceId FindById(const std::string& container) const;
  // "name (host id)", sorted: our fleet's containers with another host id (R11).
  std::vector<std::string> Strays() const;

 private:
  bool Ours(const std::map<std::string, std::string>& labels) const;
  Change FoldNew(Container container, MonoTime now, absl::Time wall);

  FleetId fleet_;
  HostId host_;
  bool listed_ = false;
  std::set<std::string> awaited_;  // ids whose first inspection is under way
  std::map<InstanceId, Container> containers_;
  std::map<std::string, std::string> strays_;  // engine id → "name (host id)"
};

}  // namespace quayside::agent
