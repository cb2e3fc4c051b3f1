#include "ctl/diff.h"

#include <algorithm>
#include <cstdint>

namespace quayside::ctl {
namespace {

using Lines = std::vector<std::string_view>;

// The table below has a cell for each pair of lines, four bytes each: at most 16 MiB.
constexpr size_t kMaxCells = 4 << 20;

Lines Split(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

void Append(std::vector<DiffLine>& out, char sign, const Lines& lines, size_t from, size_t to) {
  for (size_t i = from; i < to; ++i) out.push_back({sign, std::string(lines[i])});
}

// What lies between a common beginning and a common end, by the longest common subsequence.
void AppendMiddle(std::vector<DiffLine>& out, const Lines& a, const Lines& b, size_t begin,
                  size_t a_end, size_t b_end) {
  const size_t rows = a_end - begin, columns = b_end - begin;
  if ((rows + 1) * (columns + 1) > kMaxCells) {
    Append(out, '-', a, begin, a_end);
    Append(out, '+', b, begin, b_end);
    return;
  }
  std::vector<uint32_t> longest((rows + 1) * (columns + 1), 0);
  const auto at = [&](size_t i, size_t j) -> uint32_t& { return longest[i * (columns + 1) + j]; };
  for (size_t i = rows; i-- > 0;) {
    for (size_t j = columns; j-- > 0;) {
      at(i, j) = a[begin + i] == b[begin + j] ? at(i + 1, j + 1) + 1
                                              : std::max(at(i + 1, j), at(i, j + 1));
    }
  }
  size_t i = 0, j = 0;
  while (i < rows || j < columns) {
    if (i < rows && j < columns && a[begin + i] == b[begin + j]) {
      Append(out, ' ', a, begin + i, begin + i + 1);
      ++i, ++j;
    } else if (j == columns || (i < rows && at(i + 1, j) >= at(i, j + 1))) {
      Append(out, '-', a, begin + i, begin + i + 1);
      ++i;
    } else {
      Append(out, '+', b, begin + j, begin + j + 1);
      ++j;
    }
  }
}

// Leaves out unchanged lines that are far from any change; "@" stands where something was left out.
std::vector<DiffLine> Grouped(const std::vector<DiffLine>& all, size_t context) {
  std::vector<bool> near(all.size(), false);
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i].sign == ' ') continue;
    const size_t from = i > context ? i - context : 0;
    for (size_t k = from; k < std::min(all.size(), i + context + 1); ++k) near[k] = true;
  }
  std::vector<DiffLine> out;
  size_t before_line = 1, after_line = 1;
  for (size_t i = 0; i < all.size(); ++i) {
    if (near[i] && (i == 0 || !near[i - 1])) {
      out.push_back(
          {'@', "@@ -" + std::to_string(before_line) + " +" + std::to_string(after_line) + " @@"});
    }
    if (near[i]) out.push_back(all[i]);
    if (all[i].sign != '+') ++before_line;
    if (all[i].sign != '-') ++after_line;
  }
  return out;
}

}  // namespace

std::vector<DiffLine> DiffLines(std::string_view before, std::string_view after, size_t context) {
  if (before == after) return {};
  const Lines a = Split(before), b = Split(after);
  size_t begin = 0;
  while (begin < std::min(a.size(), b.size()) && a[begin] == b[begin]) ++begin;
  size_t a_end = a.size(), b_end = b.size();
  while (a_end > begin && b_end > begin && a[a_end - 1] == b[b_end - 1]) --a_end, --b_end;
  std::vector<DiffLine> all;
  Append(all, ' ', a, 0, begin);
  AppendMiddle(all, a, b, begin, a_end, b_end);
  Append(all, ' ', a, a_end, a.size());
  return Grouped(all, context);
}

}  // namespace quayside::ctl
