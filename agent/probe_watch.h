// ProbeWatch keeps one ProbeTrack per container that has a probe and asks the Prober when it is
// due. What an answer means is health.h's. Agent thread only; answers come back as ProbeAnswered.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "agent/container.h"
#include "agent/health.h"
#include "agent/probe.h"

namespace quayside::agent {

class ProbeWatch {
 public:
  // `answered` is called from any thread with the probe's number.
  ProbeWatch(Prober& prober, absl::Duration first,
             std::function<void(uint64_t, absl::Status)> answered)
      : prober_(prober), first_(first), answered_(std::move(answered)) {}

  // Starts the probes of running containers that are due and forgets those of others. Returns when
  // the next one is due.
  MonoTime Ask(const std::map<InstanceId, Container>& containers,
               const std::map<SpecDigest, ContainerSpec>& specs, MonoTime now);
  void NoteAnswer(uint64_t probe, const absl::Status& result, MonoTime now);

  // Of its present run; an empty one when that was not probed yet.
  const ProbeTrack& TrackOf(const Container& container) const;

 private:
  struct Watched {
    std::string container;
    absl::Time run;  // the engine's stamp of the run that is probed
    ProbeSpec spec;
    ProbeTrack track;
    uint64_t asked = 0;
  };

  Prober& prober_;
  const absl::Duration first_;
  std::function<void(uint64_t, absl::Status)> answered_;
  uint64_t last_probe_ = 0;
  std::map<InstanceId, Watched> watched_;
};

}  // namespace quayside::agent
