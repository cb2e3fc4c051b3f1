// SystemProber asks containers for real: http and tcp over the network, commands through the
// engine. Every attempt uses a connection of its own, so that a pass proves that the container
// accepts new ones. Probe may be called from any thread; answers come on the HTTP client's thread
// or the engine's.
#pragma once

#include "agent/engine.h"
#include "agent/probe.h"
#include "common/net/http.h"

namespace quayside::agent {

class SystemProber final : public Prober {
 public:
  // `engine` outlives the prober.
  explicit SystemProber(Engine& engine) : engine_(engine) {}

  // Redirects are not followed: what the path itself answers counts. The body is read and thrown
  // away.
  void Probe(ProbeTarget target, absl::AnyInvocable<void(absl::Status)> done) override;

 private:
  void ProbeHttp(ProbeTarget target, absl::AnyInvocable<void(absl::Status)> done);
  void ProbeTcp(ProbeTarget target, absl::AnyInvocable<void(absl::Status)> done);
  void ProbeCommand(ProbeTarget target, absl::AnyInvocable<void(absl::Status)> done);

  Engine& engine_;
  net::HttpClient http_;
};

}  // namespace quayside::agent
