// SpecCache keeps the specs that came in this process, so that each travels once per session and
// not at all over a reconnect. It holds exactly what the last Assignment named and what came after
// it: both ends of a session forget the rest at each Assignment, so its size is bounded by R8. Not
// locked; the session's mutex guards it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/model/assignment.h"

namespace quayside::agent {

class SpecCache {
 public:
  // Specs that may wait for their Assignment; more is refused (R33).
  static constexpr size_t kMaxSpecs = 10'000;
  static constexpr size_t kMaxBytes = 64 << 20;

  // kInvalidArgument when the bytes are no spec, kResourceExhausted when there are too many.
  absl::Status Add(const SpecDigest& digest, std::string bytes);

  // Gives `assignment` the specs called `digests`, with their bytes, and forgets all others.
  // kFailedPrecondition when one of them never came: the session must begin anew, without claiming
  // to hold it; the cache is unchanged.
  absl::Status Complete(const std::vector<SpecDigest>& digests, Assignment* assignment);

  std::vector<SpecDigest> digests() const;
  void Clear();

 private:
  struct Entry {
    ContainerSpec spec;
    std::string bytes;
  };
  std::map<SpecDigest, Entry> entries_;
  size_t bytes_ = 0;
};

}  // namespace quayside::agent
