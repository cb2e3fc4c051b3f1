#include "agent/probe_watch.h"

#include <algorithm>

namespace quayside::agent {
namespace {

std::string AddressOf(const ContainerDetail& detail) {
  if (detail.host_network) return "127.0.0.1";
  for (const auto& [network, address] : detail.addresses) {
    if (!address.empty()) return address;
  }
  return "";
}

}  // namespace

const ProbeTrack& ProbeWatch::TrackOf(const Container& container) const {
  static const ProbeTrack kNone;
  const auto found = watched_.find(container.identity.instance);
  const bool same = found != watched_.end() && found->second.run == container.detail.started_at;
  return same ? found->second.track : kNone;
}

MonoTime ProbeWatch::Ask(const std::map<InstanceId, Container>& containers,
                         const std::map<SpecDigest, ContainerSpec>& specs, MonoTime now) {
  std::erase_if(watched_, [&](const auto& entry) {
    const auto container = containers.find(entry.first);
    if (container == containers.end()) return true;
    // One that is paused keeps its verdict: it goes on where it was, and is asked again then.
    const ContainerState state = container->second.state();
    return (state != ContainerState::kRunning && state != ContainerState::kPaused) ||
           container->second.detail.started_at != entry.second.run;
  });
  MonoTime next = MonoTime::Never();
  for (const auto& [id, container] : containers) {
    if (container.state() != ContainerState::kRunning) continue;
    const auto spec = specs.find(container.identity.spec);
    if (spec == specs.end() || !spec->second.probe) continue;
    Watched& watched = watched_[id];
    if (watched.container.empty()) {
      watched.container = container.id();
      watched.run = container.detail.started_at;
      watched.spec = *spec->second.probe;
      watched.track.next = now;
    }
    if (watched.track.in_flight) continue;
    if (now < watched.track.next) {
      next = std::min(next, watched.track.next);
      continue;
    }
    watched.track.in_flight = true;
    watched.asked = ++last_probe_;
    prober_.Probe(
        {.container = container.id(), .address = AddressOf(container.detail), .spec = watched.spec},
        [answered = answered_, probe = watched.asked](absl::Status result) {
          answered(probe, std::move(result));
        });
  }
  return next;
}

void ProbeWatch::NoteAnswer(uint64_t probe, const absl::Status& result, MonoTime now) {
  for (auto& [id, watched] : watched_) {
    if (watched.asked != probe || !watched.track.in_flight) continue;
    NoteProbe(watched.track, watched.spec, result, first_, now);
  }
}

}  // namespace quayside::agent
