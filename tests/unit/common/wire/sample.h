// Values in which every field is set to something that is not its default, so that a round trip
// through the codec loses nothing unseen.
#pragma once

#include "common/model/assignment.h"
#include "common/model/spec.h"

namespace quayside {

// Frozen: tests/upgrade holds its bytes and digest. A field that is added later gets a sample of
// its own.
ContainerSpec FullContainerSpec();
AppSpec FullApp();
Assignment FullAssignment();
Report FullReport();

}  // namespace quayside
