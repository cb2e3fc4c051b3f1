// `x-quayside`: what Compose has no word for. At the top of a file it holds defaults for every
// service, which FoldDefaults hands down; a service's own keys win one by one. Pure; any thread.
#pragma once

#include <vector>

#include "common/compose/key_rule.h"
#include "common/compose/service_draft.h"

namespace quayside::compose {

// Moves the top-level x-quayside of `root` into each of its services and takes it from the top.
void FoldDefaults(Reader& reader, Node& root);

void ReadQuayside(Reader& reader, const Node& node, ServiceDraft& draft);

void AppendQuaysideKeys(std::vector<KeyDoc>& docs);

}  // namespace quayside::compose
