// The known word that a mistyped one was most likely meant to be, for error sentences. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace quayside {

// The entry of `known` with the fewest insertions, deletions, replacements and swaps of neighbours;
// the first one of several. "" only when `known` is empty.
std::string NearestWord(std::string_view word, const std::vector<std::string>& known);

}  // namespace quayside
