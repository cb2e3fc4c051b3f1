// The keys of a service: one table, each row reading its key into a ServiceDraft. Pure; any thread.
#pragma once

#include <vector>

#include "common/compose/key_rule.h"
#include "common/compose/service_draft.h"

namespace quayside::compose {

void ReadService(Reader& reader, const Node& node, ServiceDraft& draft);

void AppendServiceKeys(std::vector<KeyDoc>& docs);

}  // namespace quayside::compose
