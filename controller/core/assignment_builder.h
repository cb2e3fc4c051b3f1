// BuildAssignment makes what is offered to one host from its rows: the whole of it, always (R2).
// Pure but for the cache of decoded specs. Core thread.
#pragma once

#include "controller/core/core.h"
#include "controller/core/ledger.h"
#include "controller/core/spec_cache.h"

namespace quayside::controller {

// REQUIRES: `host` is in the ledger.
Assignment BuildAssignment(const Ledger& ledger, const HostId& host, SpecCache& specs);

// Bytes that the host's Assignment would have on the wire, nearly: its specs, each once, and its
// instances.
int64_t AssignmentBytes(const Ledger& ledger, const HostId& host);

}  // namespace quayside::controller
