// A tree becomes YAML text that ParseYaml reads back to the same. Pure; any thread.
#pragma once

#include <string>

#include "common/compose/tree.h"

namespace quayside::compose {

// Block style, two spaces a level. A scalar marked quoted stands in double quotes where YAML would
// read its text as something else; one that is not is written as it is, so it must be a number or a
// truth value.
std::string WriteYaml(const Node& root);

}  // namespace quayside::compose
