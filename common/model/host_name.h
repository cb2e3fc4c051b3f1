// What a host and its labels may be called. A host: letters, digits, '.', '-' and '_', not only
// dots, at most 253 bytes as host names have it. A label's name: the same and '/', so that a
// constraint can name it. Names are shown, compared and used as keys; none is ever part of a path.
#pragma once

#include <algorithm>
#include <cctype>
#include <string>

namespace quayside {

inline constexpr size_t kMaxHostNameBytes = 253;
inline constexpr size_t kMaxLabelNameBytes = 255;
// For messages.
inline constexpr char kHostNameForm[] = "letters, digits, '.', '-' and '_', at most 253";
inline constexpr char kLabelNameForm[] = "letters, digits, '.', '-', '_' and '/', at most 255";

inline bool IsHostNameCharacter(unsigned char c) {
  return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_';
}

inline bool IsHostName(const std::string& name) {
  return name.size() <= kMaxHostNameBytes && name.find_first_not_of('.') != std::string::npos &&
         std::all_of(name.begin(), name.end(), IsHostNameCharacter);
}

inline bool IsLabelName(const std::string& name) {
  return !name.empty() && name.size() <= kMaxLabelNameBytes &&
         std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return IsHostNameCharacter(c) || c == '/'; });
}

}  // namespace quayside
