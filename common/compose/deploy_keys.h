// `deploy:` of a service, with Swarm's meanings. Where it is silent, Quayside's own defaults stand
// (they are the initial values in common/model/spec.h). Pure; any thread.
#pragma once

#include <vector>

#include "common/compose/key_rule.h"
#include "common/compose/service_draft.h"

namespace quayside::compose {

void ReadDeploy(Reader& reader, const Node& node, ServiceDraft& draft);

// Sets `field` unless it was set to something else by another spelling of the same thing
// (mem_limit and deploy.resources.limits.memory); that is an error.
void SetAgreeing(Reader& reader, const Node& node, int64_t value, int64_t& field);

void AppendDeployKeys(std::vector<KeyDoc>& docs);

}  // namespace quayside::compose
