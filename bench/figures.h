// What every benchmark prints: n, min, median, max of a series, and the ratio of two series that
// were taken in turn. Machines are noisy: series are interleaved, medians and ratios are what
// counts.
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"

namespace quayside::bench {

class Series {
 public:
  explicit Series(std::string name) : name_(std::move(name)) {}
  void Add(absl::Duration value) { Add(absl::ToDoubleMilliseconds(value)); }
  void Add(double value) { values_.push_back(value); }

  const std::string& name() const { return name_; }
  const std::vector<double>& values() const { return values_; }
  // REQUIRES: at least one value, as of the three below.
  double Median() const;
  double Min() const;
  double Max() const;

 private:
  std::string name_;
  std::vector<double> values_;
};

// "name            n=30  min 12.1  median 14.0  max 19.8 ms"
void Print(const Series& series, const std::string& unit = "ms");
// The same, and "= 1.07 × beside" by medians, and by pairs (min median max) when both have as many
// values.
void PrintBeside(const Series& series, const Series& beside, const std::string& unit = "ms");

// One line with the processors, memory and load of the machine, so that figures are read with it.
void PrintMachine();

}  // namespace quayside::bench
