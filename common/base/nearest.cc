#include "common/base/nearest.h"

#include <algorithm>
#include <cstddef>
#include <limits>

namespace quayside {
namespace {

// Damerau-Levenshtein distance, restricted (no substring is edited twice).
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> d(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t cost = a[i - 1] == b[j - 1] ? 0 : 1;
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + cost});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

// Nobody mistypes at this length; the table would only be large.
constexpr size_t kMaxLength = 64;

// The nearest of those that take less than `limit` changes.
std::string_view Nearest(std::string_view word, const std::vector<std::string_view>& known,
                         size_t limit) {
  word = word.substr(0, kMaxLength);
  std::string_view best;
  for (const std::string_view candidate : known) {
    const size_t distance = Distance(word, candidate.substr(0, kMaxLength));
    if (distance >= limit) continue;
    best = candidate;
    limit = distance;
  }
  return best;
}

}  // namespace

std::string_view NearestWord(std::string_view word, const std::vector<std::string_view>& known) {
  return Nearest(word, known, std::numeric_limits<size_t>::max());
}

std::string_view NearWord(std::string_view word, const std::vector<std::string_view>& known) {
  return Nearest(word, known, std::max<size_t>(1, word.size() / 3) + 1);
}

}  // namespace quayside
