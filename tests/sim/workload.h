// Workload is the people of a simulation: they apply, deploy, scale, stop, start, roll back and
// remove a handful of apps whose images are good, crash-looping, never healthy, or not in the
// registry. They ask through the core's requests as the API does, ask again with the same request
// id when no answer comes, and remember what was acknowledged.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/sim/controller.h"
#include "tests/sim/sample_apps.h"
#include "tests/sim/world.h"

namespace quayside::sim {

class Workload {
 public:
  Workload(World& world, ControllerProcess& controller, SampleApps& apps)
      : world_(world), controller_(controller), apps_(apps) {}
  ~Workload() { *alive_ = false; }

  // One change of a random kind to a random app.
  void ActAtRandom();
  // A version of a sample app. Of twins sometimes only the one with the port: it goes over to a
  // service of another name.
  AppSpec Make(const std::string& name, bool good);
  // `app` with `images` by service, applied; for tests that want a certain story.
  void Apply(AppSpec spec);
  // Slot 1 of the service goes to one of the hosts.
  void Move(const AppName& app, const ServiceName& service);

  // No request waits for its answer.
  bool idle() const { return pending_ == 0; }
  uint64_t accepted() const { return accepted_; }

 private:
  // Asks until there is an answer: `make` builds the request around the answer's callback.
  template <typename T>
  void Ask(std::function<controller::Request(controller::Answer<T>)> make,
           std::function<void(absl::StatusOr<T>)> done);
  void Change(const std::string& what, const AppName& app,
              std::function<controller::Request(controller::Caller,
                                                controller::Answer<controller::ChangeResult>)>
                  make);
  void ApplyWithTicket(const std::string& what, AppSpec spec);
  controller::ResolvedImages Resolve(const AppSpec& spec) const;

  World& world_;
  ControllerProcess& controller_;
  SampleApps& apps_;
  std::map<AppName, AppSpec> applied_;
  uint64_t next_request_ = 1, pending_ = 0, accepted_ = 0;
  Alive alive_ = std::make_shared<bool>(true);
};

}  // namespace quayside::sim
