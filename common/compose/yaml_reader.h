// YAML text becomes trees: the only code that sees yaml-cpp's parser. What yaml-cpp leaves open is
// settled here: keys are unique, merge keys (`<<`) are resolved, an anchor's content is copied
// where it is named, and hostile input (deep nesting, anchors that multiply, NUL bytes, input on
// which yaml-cpp would loop) is an error. Pure; any thread. Limits: kMaxFileBytes, kMaxDepth,
// kMaxEntries in a map or list,
// kMaxNodes and kMaxTreeTextBytes after anchors are expanded.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "common/compose/problems.h"
#include "common/compose/tree.h"

namespace quayside::compose {

constexpr size_t kMaxFileBytes = 1 << 20;
constexpr int kMaxDepth = 32;  // a compose file needs 8; recursion over a tree stays shallow
constexpr size_t kMaxNodes = 100'000;
constexpr size_t kMaxTreeTextBytes = 8 << 20;  // what copies of a large scalar may add up to
constexpr size_t kMaxEntries = 2000;  // of one map or list: twice what validate.h lets through
constexpr size_t kMaxDocuments = 16;  // `---` in one file

// The documents of a file, in order; empty ones are left out. `file` is the index for marks. What
// is wrong is added to `problems`, and then the result is what was read before it.
std::vector<Node> ParseYaml(std::string_view text, int file, Problems& problems);

}  // namespace quayside::compose
