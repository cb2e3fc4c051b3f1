// Tables and the words that people read: states with their colours, ages, images. Pure but for
// Table's Print; one thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "ctl/console.h"
#include "google/protobuf/timestamp.pb.h"
#include "quayside/v1/types.pb.h"

namespace quayside::ctl {

// Rows under headings, columns as wide as their widest cell. Cells are escaped when printed.
class Table {
 public:
  struct Cell {
    std::string text;
    Tone tone = Tone::kPlain;
  };

  explicit Table(std::vector<std::string> headings) : headings_(std::move(headings)) {}
  // REQUIRES: as many cells as headings.
  void Add(std::vector<Cell> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.empty(); }
  void Print(Console& console) const;

 private:
  std::vector<std::string> headings_;
  std::vector<std::vector<Cell>> rows_;
};

// "running", as the contract writes it; "unknown" for a state that this ctl does not know.
std::string_view StateWord(v1::InstanceState state);
// Good for what is well, busy for what is on its way, bad for what needs a person. Takes the words
// of instances, hosts, rollouts and targets.
Tone ToneOf(std::string_view state_word);

absl::Time ToTime(const google::protobuf::Timestamp& timestamp);
// "3s", "12m", "5h", "9d"; "" for a negative length.
std::string ShortAge(absl::Duration age);
// "12 s", "3 min 5 s": for sentences.
std::string LongAge(absl::Duration age);
// RFC 3339 in UTC, whole seconds.
std::string Rfc3339(const google::protobuf::Timestamp& timestamp);

// "repo@sha256:0123456789ab": enough of the digest for a person.
std::string ShortImage(std::string_view image);
// "0.0.0.0:8080->80/tcp, …"
std::string PortsText(const google::protobuf::RepeatedPtrField<v1::Port>& ports);
// "1 instance", "2 instances"
std::string Count(int64_t count, std::string_view noun);

}  // namespace quayside::ctl
