// The limits of an AppSpec, checked before anything is stored: by `ctl` on what it read and by the
// controller on what it is sent. Pure; any thread. That a spec fits a message is checked where it
// is encoded.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "common/model/spec.h"

namespace quayside {

constexpr size_t kMaxServices = 1000;
constexpr size_t kMaxAppNameBytes = 63;       // a DNS label, and part of network names
constexpr size_t kMaxServiceNameBytes = 63;   // a DNS label: services find each other by it
constexpr size_t kMaxImageBytes = 1024;       // Docker's own limit for a name is 255
constexpr size_t kMaxTextBytes = 4096;        // PATH_MAX; paths, names and options
constexpr size_t kMaxValueBytes = 128 << 10;  // Linux's limit for one argument or variable
constexpr size_t kMaxListItems = 1000;        // ports, mounts, labels, variables … of a service
constexpr int32_t kMaxReplicas = 10'000;
constexpr absl::Duration kMaxSpecDuration = absl::Hours(24 * 3650);

// kInvalidArgument with one sentence that names the app, the service and the field.
absl::Status ValidateAppSpec(const AppSpec& app);

// [a-z0-9][a-z0-9_-]*, at most kMaxAppNameBytes.
absl::Status ValidateAppName(const AppName& name);

}  // namespace quayside
