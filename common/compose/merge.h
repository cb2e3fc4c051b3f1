// Compose's merge rules: what a later -f file, or a service that `extends` another, does to what
// was there. Maps merge key by key, lists append, except where Compose says otherwise (command is
// replaced, ports and volumes have unique keys, KEY=value lists are maps); `!reset` takes a key
// out,
// `!override` replaces it whole. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "common/compose/problems.h"
#include "common/compose/tree.h"

namespace quayside::compose {

// `over` on top of `base`. `path` is where both stand, such as {"services", "web"}. A reset key
// stays as a tombstone until DropResets, so that it also resets what the result is merged onto.
Node Merge(Node base, const Node& over, std::vector<std::string> path);

// Takes out the tombstones of `!reset` and forgets the tags.
void DropResets(Node& node);

// A list of KEY=value texts as a map; a KEY alone has a null value. Other nodes are returned as
// they are: a later reading says what is wrong with them.
Node KeyValueMap(Node node);

// A list of names as a map of name → null; other nodes as they are.
Node NameMap(Node node);

}  // namespace quayside::compose
