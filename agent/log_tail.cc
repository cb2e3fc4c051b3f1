#include "agent/log_tail.h"

#include <algorithm>

namespace quayside::agent {

std::string Tail(std::string_view text, int lines, size_t max_bytes) {
  if (text.size() > max_bytes) {
    text.remove_prefix(text.size() - max_bytes);
    const size_t newline = text.find('\n');
    if (newline != text.npos && newline + 1 < text.size()) text.remove_prefix(newline + 1);
  }
  size_t start = text.size();
  if (start > 0 && text.back() == '\n') --start;
  for (int i = 0; i < lines; ++i) {
    if (start == 0) return std::string(text);
    const size_t newline = text.rfind('\n', start - 1);
    if (newline == text.npos) return std::string(text);
    start = newline;
  }
  return std::string(text.substr(std::min(start + 1, text.size())));
}

}  // namespace quayside::agent
