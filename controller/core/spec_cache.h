// SpecCache decodes stored specs once, for all who ask: assignments, placement, rollouts. A digest
// names its bytes for ever, so an entry never goes stale. Core thread. Limit: 10,000 specs, then it
// begins anew.
#pragma once

#include <map>
#include <memory>

#include "common/model/spec.h"
#include "controller/core/ledger.h"

namespace quayside::controller {

class SpecCache {
 public:
  // nullptr when the ledger has no such spec or its bytes cannot be read (then it is logged).
  const ContainerSpec* Get(const Ledger& ledger, const SpecDigest& digest);

 private:
  std::map<SpecDigest, std::unique_ptr<const ContainerSpec>> specs_;
};

}  // namespace quayside::controller
