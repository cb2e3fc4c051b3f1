// Every key that the tables know, for docs/compose.md and its test.
#pragma once

#include <vector>

#include "common/compose/key_rule.h"

namespace quayside::compose {

// In the order of the tables; `*` stands for a name, `[]` for an item of a list.
std::vector<KeyDoc> AllKeys();

}  // namespace quayside::compose
