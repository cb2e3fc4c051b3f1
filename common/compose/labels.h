// Labels of containers, networks, volumes and services. Pure; any thread.
#pragma once

#include <map>
#include <string>

#include "common/compose/reader.h"

namespace quayside::compose {

// A map or a list of KEY=value. `dev.quayside.` and `com.docker.compose.` are the agent's own
// (R14): a file that sets them would break the bookkeeping, so it is an error.
void ReadLabels(Reader& reader, const Node& node, std::map<std::string, std::string>& into);

}  // namespace quayside::compose
