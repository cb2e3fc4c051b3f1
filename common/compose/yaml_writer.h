// A tree becomes YAML text that ParseYaml reads back to the same. Pure; any thread.
#pragma once

#include <string>

#include "common/compose/tree.h"

namespace quayside::compose {

// Block style, two spaces a level; scalars that are marked quoted, or that YAML would read as
// something else than text, stand in double quotes.
std::string WriteYaml(const Node& root);

}  // namespace quayside::compose
