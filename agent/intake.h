// Intake decides what of a newly received Assignment is enforced: an app that cannot be accepted
// keeps its last good instances (R4), and so does one that waits for a person after a restore (R3).
// Pure.
#pragma once

#include <set>
#include <vector>

#include "common/model/assignment.h"

namespace quayside::agent {

struct Accepted {
  Assignment assignment;  // what is stored and enforced
  std::vector<Rejection> rejections;
};

// `current`: what is enforced now (generation 0: nothing). `in_use`: specs of containers that exist
// here; they are carried over, so that what is kept can be judged and run again.
Accepted Accept(const Assignment& current, Assignment received, const std::set<SpecDigest>& in_use);

}  // namespace quayside::agent
