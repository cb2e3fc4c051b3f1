// The seam to a container's own answer: one probe attempt (HTTP, TCP or a command). The real one is
// agent/prober, the simulator has its own. When and how often to ask is agent/health's decision.
#pragma once

#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "common/model/spec.h"

namespace quayside::agent {

struct ProbeTarget {
  std::string container;  // the engine's id, for commands
  std::string
      address;  // where http and tcp ask: the container's address, or 127.0.0.1 on the host network
  ProbeSpec spec;
};

class Prober {
 public:
  virtual ~Prober() = default;
  // One attempt. `done` runs exactly once, later, at the latest after spec.timeout, on any thread;
  // ok = a pass; kCancelled = it could not be asked, because the engine does not answer: neither
  // pass nor failure; any other error = a failure with its reason.
  virtual void Probe(ProbeTarget target, absl::AnyInvocable<void(absl::Status)> done) = 0;
};

}  // namespace quayside::agent
