// SHA-256 in the form that images, specs and Assignments are named by.
#pragma once

#include <string>
#include <string_view>

namespace quayside {

// "sha256:" and 64 lower-case hex digits over `bytes`.
std::string Sha256Digest(std::string_view bytes);

}  // namespace quayside
