#include "bench/figures.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include <sys/sysinfo.h>

#include "common/base/check.h"

namespace quayside::bench {

double Series::Median() const {
  QS_CHECK(!values_.empty());
  std::vector<double> sorted = values_;
  std::sort(sorted.begin(), sorted.end());
  const size_t half = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

double Series::Min() const {
  QS_CHECK(!values_.empty());
  return *std::min_element(values_.begin(), values_.end());
}

double Series::Max() const {
  QS_CHECK(!values_.empty());
  return *std::max_element(values_.begin(), values_.end());
}

void Print(const Series& series, const std::string& unit) {
  if (series.values().empty()) {
    std::printf("%-44s n=0\n", series.name().c_str());
    return;
  }
  std::printf("%-44s n=%-4zu min %9.2f  median %9.2f  max %9.2f %s\n", series.name().c_str(),
              series.values().size(), series.Min(), series.Median(), series.Max(), unit.c_str());
  std::fflush(stdout);
}

void PrintBeside(const Series& series, const Series& beside, const std::string& unit) {
  Print(series, unit);
  if (series.values().empty() || beside.values().empty()) return;
  std::printf("%-44s %.3f by medians", ("  ratio to " + beside.name()).c_str(),
              series.Median() / beside.Median());
  if (series.values().size() == beside.values().size()) {
    Series pairs("");
    for (size_t i = 0; i < series.values().size(); ++i) {
      pairs.Add(series.values()[i] / beside.values()[i]);
    }
    std::printf("; by pairs min %.3f  median %.3f  max %.3f", pairs.Min(), pairs.Median(),
                pairs.Max());
  }
  std::printf("\n");
  std::fflush(stdout);
}

void PrintMachine() {
  double load[3] = {};
  getloadavg(load, 3);
  struct sysinfo info {};
  sysinfo(&info);
  std::printf("machine: %d processors, %.0f GiB, load %.2f\n", get_nprocs(),
              static_cast<double>(info.totalram) * info.mem_unit / (1 << 30), load[0]);
}

}  // namespace quayside::bench
