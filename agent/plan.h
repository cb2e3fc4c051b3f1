// Plan decides what this host must do next. It compares the instances the controller wants (the
// Assignment) with the containers the engine has and with the slot records, and returns the Actions
// that bring them closer, in execution order, and the record changes that must be durable before
// any of them.
//
// Pure: same arguments, same result; no engine, clock or log. Called by Agent::Turn on the agent
// thread after every change. At most one action per instance, image, network and volume per call,
// none on what is busy. Everything is derived from the Assignment, from the labels, policy and
// state of containers, and from the records: an agent that was killed at any instant plans on from
// what it observes.
//
// The life of a slot (rules R12–R15):
//   prepare   pull and verify the image, ensure networks and volumes, create the new container,
//             unarmed; the committed one is kept well meanwhile
//   switch    record the candidate; stop-first: stop and disarm whatever holds what it needs; start
//   prove     health.h; then commit in the record
//   settle    arm the new one, stop and disarm the old one, keep it until R12 lets it go
//   heal      put right what was changed by hand, restart what exits (restart.h) or is unhealthy
//   go back   on failure: the verdict is recorded first; stop the new one, start the same old one
// Slots that hand fixed ports or addresses to each other switch, commit and go back together.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/action.h"
#include "agent/container.h"
#include "agent/health.h"
#include "common/base/mono_time.h"
#include "common/model/assignment.h"
#include "common/model/slot_record.h"

namespace quayside::agent {

// What is known of an image that an instance needs.
struct ImageFact {
  bool local = false;  // its digest is here and verified
  ImageDetail detail;  // when local
  bool operator==(const ImageFact&) const = default;
};

struct EnsuredNetwork {
  NetworkSpec spec;
  std::string id;  // what the engine answered: containers are attached by it
  bool operator==(const EnsuredNetwork&) const = default;
};

// What a removed app has left on the engine besides containers; unknown until listed.
struct Leftovers {
  bool networks_listed = false, volumes_listed = false;
  std::set<std::string> networks, volumes;
  bool operator==(const Leftovers&) const = default;
};

// A call that failed: when to try again, and whether trying again can help.
struct Trouble {
  FailureKind kind = FailureKind::kInfrastructure;
  bool definite = false;  // the same call will fail again: a verdict for a candidate
  std::string reason;
  int failures = 0;
  std::optional<Action::Kind> call;  // what failed; Plan does not ask for it before retry_at
  MonoTime retry_at;
  bool operator==(const Trouble&) const = default;
};

struct PlanLimits {
  int max_starts = 2;  // starts and stops in flight per engine
  int max_pulls = 3;
  MonoTime next_unhealthy_restart;  // no container is restarted for its health before
};

// All that Plan looks at. References to the agent's own values; nothing is kept.
struct PlanInput {
  bool engine_known;  // false: the engine cannot be asked; the plan is empty (R10)
  const Assignment& assignment;
  const std::map<SlotKey, SlotRecord>& records;
  const std::map<InstanceId, Container>& containers;
  const std::map<InstanceId, Assessment>& health;  // of running containers
  const std::map<std::string, ImageFact>& images;
  const std::vector<EnsuredNetwork>& networks;
  const std::set<std::string>& volumes;                     // ensured, by name
  const std::map<AppName, Leftovers>& leftovers;            // of apps named as removed
  const std::map<std::string, Trouble>& troubles;           // by busy key
  const std::map<std::string, Action::Kind>& busy;          // by busy key
  const std::set<InstanceId>& logs_read;                    // log tails that were fetched
  const std::map<std::string, std::string>& pull_progress;  // by image, for people
  const EngineFacts& engine;
  PlanLimits limits;
  MonoTime now;
  absl::Time wall;
};

// Why an instance is not (yet) what it should be, for its status.
struct Waiting {
  InstanceState state = InstanceState::kPending;
  FailureKind failure = FailureKind::kNone;
  std::string reason;
  bool operator==(const Waiting&) const = default;
};

// Something for the event list.
struct Notice {
  std::string kind;  // event_kind.h
  SlotKey slot;
  InstanceId instance;
  std::string message;
  bool operator==(const Notice&) const = default;
};

struct PlanResult {
  // Durable before the actions: the caller writes them, plans again, and only then acts.
  std::map<SlotKey, SlotRecord> records;
  std::vector<Action> actions;
  std::map<InstanceId, Waiting> waiting;
  std::vector<Notice> notices;  // of this call's record changes
  std::vector<AppName> unnamed_apps;
  std::vector<AppName> removed_apps;
  std::vector<SlotKey> removed_slots;
  std::vector<SlotKey> vacated_slots;  // assignment.h
  MonoTime next = MonoTime::Never();   // when time alone may change the plan
  bool settled = false;  // every desired instance is as it should be, or has a verdict
};

// Never fails: what cannot be done is told in `waiting` with a reason for people.
PlanResult Plan(const PlanInput& input);

}  // namespace quayside::agent
