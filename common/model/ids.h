// The fleet's identities, each its own type.
#pragma once

#include "common/base/id.h"

namespace quayside {

using FleetId =
    Id<struct FleetTag>;  // 10 base32 characters, minted at the controller's first start
using StoreEpoch =
    Id<struct EpochTag>;  // 26 base32 characters; new with each database and each restore (R3)
using HostId = Id<struct HostTag>;  // 10 base32 characters, minted by the controller at join
using AppName = Id<struct AppTag>;  // Compose's project name: [a-z0-9][a-z0-9_-]*
using ServiceName = Id<struct ServiceTag>;  // Compose's service name: [a-zA-Z0-9._-]+
using InstanceId = Id<struct InstanceTag>;  // 12 base32 characters, random, never reused (R14)
using RolloutId = Id<struct RolloutTag>;    // 10 base32 characters
using SpecDigest = Id<struct SpecTag>;      // "sha256:" + 64 hex digits over the stored bytes (R25)
using RequestId = Id<struct RequestTag>;    // chosen by the caller, at most 64 bytes (R24)

}  // namespace quayside
