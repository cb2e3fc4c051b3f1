// SampleApps makes the apps of a simulation, each of a kind that exercises other rules, and fills
// the registry with their images, of which some are good and some fail in one way or another:
//   web    2–4 replicas with a probe, nothing exclusive: replaced start-first
//   edge   one on every host, with a fixed port: stop-first
//   store  a volume: bound to its host; asked by the engine's health check
//   twins  two services of which one, chosen anew each time, has a fixed port: they hand it to each
//   other job    runs to its end
#pragma once

#include <string>
#include <vector>

#include "agent/fake_engine/fake_registry.h"
#include "common/model/spec.h"
#include "tests/sim/world.h"

namespace quayside::sim {

class SampleApps {
 public:
  SampleApps(World& world, agent::fake::FakeRegistry& registry);

  const std::vector<std::string>& names() const { return names_; }
  // With images that come to be proven when `good`; else with any.
  AppSpec Make(const std::string& name, bool good);

 private:
  std::string PickImage(const std::string& repository, bool good);
  ServiceSpec MakeService(const std::string& name, const std::string& image);

  World& world_;
  const std::vector<std::string> names_ = {"web", "edge", "store", "twins", "job"};
};

// "repository@sha256:…" for "repository:tag", as the registry would say.
std::string DigestRef(const std::string& image);

}  // namespace quayside::sim
