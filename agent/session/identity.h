// Who this agent is, in the file `identity` of its data directory: its name, the secret by which
// the controller knows it again, what the controller named it, and where that controller is. Made
// at the first start. Main thread, and the session's thread for the controller's names.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/base/file.h"
#include "common/base/random.h"
#include "common/model/ids.h"

namespace quayside::agent {

struct AgentIdentity {
  std::string name;
  std::string secret;  // 52 base32 characters: 260 bits
  FleetId fleet;       // "" before the first Welcome
  HostId host;
  std::string controller;  // HOST:PORT
  bool operator==(const AgentIdentity&) const = default;
};

// kDataLoss when the file cannot be read as one: then a person decides, because a new identity
// would make this host a stranger to its controller.
absl::StatusOr<AgentIdentity> LoadIdentity(FileStore& files);  // an empty one when there is no file
absl::Status SaveIdentity(FileStore& files, const AgentIdentity& identity);

// The stored identity with what the flags say (empty = nothing) put over it, a secret made when
// there is none, and stored again if it changed. kInvalidArgument when no controller is known.
absl::StatusOr<AgentIdentity> EnsureIdentity(FileStore& files, Random& random,
                                             const std::string& controller, const std::string& name,
                                             const std::string& host_name);

// Tells clones apart: a digest over the machine's id and the data directory.
std::string MachineId(const std::string& data_dir);
// Of this boot of the kernel; "" when the kernel does not say.
std::string BootId();

}  // namespace quayside::agent
