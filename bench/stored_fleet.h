// A fleet as the database of a controller holds it after some time: every app runs on every host,
// its newest revision has succeeded, and each host reported what it runs.
#pragma once

#include <string>

#include "controller/core/model.h"

namespace quayside::bench {

// A digest that is no digest of anything.
std::string FakeDigest(int number);
// What a host reports of this instance; differs from one round to the next.
InstanceStatus FakeStatus(const controller::InstanceRow& row, int64_t round);
// All rows are dirty: the next commit writes them.
controller::Model MakeFleet(int hosts, int apps);

}  // namespace quayside::bench
