// What one host should run, whole: the controller sends the latest, the agent stores it and makes
// its engine agree. And the host's answer: a Report, whole as well.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/model/instance.h"
#include "common/model/spec.h"

namespace quayside {

// An app (or one slot of it) that leaves this host, named (R6): only what is named is removed.
struct Removal {
  AppName app;
  // Empty service = the whole app; else only this slot.
  ServiceName service;
  int32_t slot = 0;
  bool volumes = false;  // also the app's own volumes (`ctl rm --volumes`)
  std::string why;       // who and why, for events
  bool operator==(const Removal&) const = default;
};

// The bytes of specs as they came from the controller (R25): a newer controller may have written
// fields that this program does not know, and they must survive on disk. Filled by decoding, empty
// where an Assignment is made. Not part of an Assignment's value: the digests name the same bytes.
struct ReceivedSpecs {
  std::map<SpecDigest, std::string> bytes;
  friend bool operator==(const ReceivedSpecs&, const ReceivedSpecs&) { return true; }
};

struct Assignment {
  FleetId fleet;
  HostId host;
  StoreEpoch epoch;
  int64_t generation = 0;
  std::vector<Instance> instances;  // sorted by slot, then id; one per slot
  std::vector<Removal> removals;
  // Instances of this host that must be kept for going back (R12), also when they are not desired
  // any more.
  std::vector<InstanceId> keep;
  // Every spec that `instances` and `keep` name, decoded. On the wire a spec travels once per
  // session.
  std::map<SpecDigest, ContainerSpec> specs;
  ReceivedSpecs received;
  // Apps whose changes wait for a person after a restore (R3): keep what runs.
  std::vector<AppName> held_apps;
  bool operator==(const Assignment&) const = default;
};

// An app of an Assignment that the agent refuses; its last good instances stay (R4).
struct Rejection {
  AppName app;
  std::string reason;
  bool operator==(const Rejection&) const = default;
};

struct EngineFacts {
  bool reachable = false;
  std::string unreachable_reason;
  std::string version;      // "20.10.24"
  std::string api_version;  // negotiated, "1.41"
  std::string os, arch;     // "linux", "amd64" (Go's names)
  int64_t cpus = 0;
  int64_t memory_bytes = 0;
  std::string data_root;
  int64_t disk_total_bytes = 0, disk_free_bytes = 0;  // of data_root; 0 = unknown
  std::vector<std::string> warnings;  // engine releases with known faults, and what they mean here
  bool operator==(const EngineFacts&) const = default;
};

// Something that happened on a host, for people; `kind` is a past-tense fact (event_kind.h).
struct HostEvent {
  uint64_t sequence = 0;  // per session, from 1
  absl::Time at;
  std::string kind;
  SlotKey slot;  // app empty when it concerns the host
  InstanceId instance;
  int64_t revision = 0;
  std::string message;
  bool operator==(const HostEvent&) const = default;
};

struct Report {
  StoreEpoch epoch;
  int64_t generation = 0;  // of the Assignment that this describes; 0 = none yet
  uint64_t sequence = 0;   // grows by one with each Report of a session (R9)
  bool settled = false;    // nothing left to do for this generation but to watch
  std::vector<InstanceStatus>
      instances;  // sorted by slot, then id; desired, kept, and not (yet) removed ones
  std::vector<std::string>
      strays;  // containers of our fleet with another host id (R11), as "name (host id)"
  std::vector<AppName> unnamed_apps;  // run here, but neither assigned nor named as removed (R6)
  std::vector<AppName> removed_apps;  // of the Assignment's removals: nothing of them is left here
  std::vector<SlotKey> removed_slots;
  // Named as removed, and only what is kept for going back is left of them: stopped and disarmed.
  std::vector<SlotKey> vacated_slots;
  EngineFacts engine;
  std::vector<HostEvent>
      events;  // since the last committed Report; at most 256, then the oldest are dropped
  uint64_t dropped_events = 0;
  bool operator==(const Report&) const = default;
};

}  // namespace quayside
