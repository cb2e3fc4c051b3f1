#include "common/base/id.h"

namespace quayside {

bool IsOwnId(std::string_view text) {
  if (text.empty() || text.size() > 63 || text.front() == '-') return false;
  for (const char c : text) {
    const bool ok = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    if (!ok) return false;
  }
  return true;
}

}  // namespace quayside
