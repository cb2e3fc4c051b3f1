// The end of a log, as people are shown it. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace quayside::agent {

// At most the last `lines` lines and `max_bytes` bytes of `text`; a line that is cut in front is
// dropped unless it is the only one.
std::string Tail(std::string_view text, int lines, size_t max_bytes);

}  // namespace quayside::agent
