// What differs between a revision and what runs, and the two views of a spec that `ctl diff` lays
// side by side. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "common/model/spec.h"
#include "quayside/v1/admin.pb.h"

namespace quayside::ctl {

// One instance that is not as the revision says, or that runs though nothing wants it.
struct Drift {
  std::string place;   // "web.1 on alpha"
  std::string why;     // "pending: …"; "" when the two lines below say it
  std::string runs;    // what it runs; "" = nothing
  std::string wanted;  // what it should run; "" = nothing
  bool operator==(const Drift&) const = default;
};

// In the order of `rows`. A container that is stopped and kept for going back is no difference.
std::vector<Drift> FindDrift(const v1::AppSpec& newest, const std::vector<v1::InstanceRow>& rows);
std::string DriftJson(const std::vector<Drift>& drifts);

// A stored spec as a file would say it: images by the tag that they were resolved from.
AppSpec AsWritten(AppSpec stored);
// A file's spec with what only verbs set (stopped, restarts, images of single hosts) and with what
// the file leaves to them (replicas) taken from the stored one: an apply keeps those.
AppSpec WithStored(AppSpec file, const AppSpec& stored);

}  // namespace quayside::ctl
