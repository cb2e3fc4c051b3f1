// Line by line differences of two texts, as `diff -u` shows them. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace quayside::ctl {

struct DiffLine {
  char sign = ' ';  // ' ' in both, '-' before only, '+' after only, '@' heads a group
  std::string text;
  bool operator==(const DiffLine&) const = default;
};

// Groups of changes with `context` unchanged lines around each; empty when the texts are equal.
// Texts that differ in more than about 2,000 lines each are shown as all removed and all added.
std::vector<DiffLine> DiffLines(std::string_view before, std::string_view after,
                                size_t context = 3);

}  // namespace quayside::ctl
