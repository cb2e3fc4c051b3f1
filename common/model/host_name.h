// What a host may be called: letters, digits, '.', '-' and '_', not only dots, at most 253 bytes as
// host names have it. Names are shown, compared and used as keys; none is ever part of a path.
#pragma once

#include <algorithm>
#include <cctype>
#include <string>

namespace quayside {

inline constexpr size_t kMaxHostNameBytes = 253;
// For messages.
inline constexpr char kHostNameForm[] = "letters, digits, '.', '-' and '_', at most 253";

inline bool IsHostName(const std::string& name) {
  return name.size() <= kMaxHostNameBytes && name.find_first_not_of('.') != std::string::npos &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_';
         });
}

}  // namespace quayside
