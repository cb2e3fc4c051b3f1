// The known word that a mistyped one was most likely meant to be, for error sentences. Pure.
#pragma once

#include <string_view>
#include <vector>

namespace quayside {

// The entry of `known` with the fewest insertions, deletions, replacements and swaps of neighbours;
// the first one of several. "" only when `known` is empty.
std::string_view NearestWord(std::string_view word, const std::vector<std::string_view>& known);

// The same where a wrong guess would be worse than none: "" when more than a third of `word` (at
// least one letter) would have to change.
std::string_view NearWord(std::string_view word, const std::vector<std::string_view>& known);

}  // namespace quayside
