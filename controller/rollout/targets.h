// ComputeTargets compares what a revision wants (its placement) with the instances that are there
// and lists, in the order in which it is done, every slot that a rollout changes. Slots that stay
// as they are, and have been proven by an earlier revision, are no targets. Pure; core thread.
#pragma once

#include <map>
#include <vector>

#include "controller/core/model.h"
#include "controller/schedule/place.h"

namespace quayside::controller {

struct TargetsInput {
  const RevisionRow* to = nullptr;
  int64_t succeeded = 0;  // the app's last succeeded revision
  const Placement* placement = nullptr;
  std::vector<const InstanceRow*> instances;             // of the app, on all hosts
  std::map<InstanceId, const InstanceStatus*> observed;  // what their hosts say of them
  std::map<HostId, std::string> host_names;
  // A person asked again after a failure: what was tried and failed gets a new instance.
  bool new_attempt = false;
  absl::Time now;
};

// Creates first, then updates by the depth of depends_on, then removals; unplaced slots are creates
// without a host.
std::vector<RolloutTarget> ComputeTargets(const TargetsInput& input);

// The spec digest that `service` has in `revision` on the host called `host`.
SpecDigest DigestFor(const RevisionRow& revision, const ServiceName& service,
                     const std::string& host);
// What an instance of `service` is to do.
Intent IntentOf(const ServiceSpec& service);
// The desired instance of a slot, without its id.
Instance MakeInstance(const RevisionRow& revision, const ServiceSpec& service, const SlotKey& slot,
                      const HostId& host, const std::string& host_name);

}  // namespace quayside::controller
