// Commands are calls that go out to agents and come back with a result (image cleanup): at most
// once, each with a time limit, never desired state. A caller's command goes to several hosts and
// is answered when all have answered or the time is over. Core thread. Limit: 16 at a time.
#pragma once

#include <map>
#include <set>
#include <string>

#include "controller/core/core.h"

namespace quayside::controller {

struct CoreState;

class Commands {
 public:
  struct Pending {
    std::map<HostId, std::string> waiting;  // host → its name
    std::vector<GcHostResult> results;
    MonoTime deadline;
    Answer<std::vector<GcHostResult>> done;
  };

  bool full() const { return pending_.size() >= 16; }
  // Answered at once when it waits for no host.
  void Add(const std::string& id, Pending pending);
  // A host has answered, or never will.
  void Result(const std::string& id, const HostId& host, const absl::Status& status,
              std::vector<std::string> lines);
  void HostGone(const HostId& host);
  void Expire(MonoTime now);
  MonoTime next_deadline() const;

 private:
  void FinishIfComplete(std::map<std::string, Pending>::iterator it);
  std::map<std::string, Pending> pending_;
};

void StartGarbageCollection(CoreState& state, CollectGarbage request);

}  // namespace quayside::controller
