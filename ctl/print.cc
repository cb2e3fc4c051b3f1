#include "ctl/print.h"

#include <algorithm>

namespace quayside::ctl {
namespace {

std::string PadUnlessLast(const std::string& text, size_t width, bool last) {
  return last ? text : Pad(text, width);
}

}  // namespace

void Table::Print(Console& console) const {
  std::vector<size_t> widths;
  for (const std::string& heading : headings_) widths.push_back(DisplayWidth(heading));
  std::vector<std::vector<std::string>> escaped;
  for (const auto& row : rows_) {
    auto& cells = escaped.emplace_back();
    for (size_t i = 0; i < row.size(); ++i) {
      cells.push_back(row[i].text.empty() ? "-" : Escape(row[i].text));
      widths[i] = std::max(widths[i], DisplayWidth(cells.back()));
    }
  }
  std::string line;
  for (size_t i = 0; i < headings_.size(); ++i) {
    line += PadUnlessLast(headings_[i], widths[i] + 2, i + 1 == headings_.size());
  }
  console.out << console.Paint(line, Tone::kBold) << "\n";
  for (size_t r = 0; r < rows_.size(); ++r) {
    for (size_t i = 0; i < escaped[r].size(); ++i) {
      const bool last = i + 1 == escaped[r].size();
      console.out << console.Paint(PadUnlessLast(escaped[r][i], widths[i], last), rows_[r][i].tone)
                  << (last ? "\n" : "  ");
    }
  }
}

std::string_view StateWord(v1::InstanceState state) {
  switch (state) {
    case v1::INSTANCE_STATE_PENDING:
      return "pending";
    case v1::INSTANCE_STATE_PULLING:
      return "pulling";
    case v1::INSTANCE_STATE_CREATING:
      return "creating";
    case v1::INSTANCE_STATE_STARTING:
      return "starting";
    case v1::INSTANCE_STATE_RUNNING:
      return "running";
    case v1::INSTANCE_STATE_HEALTHY:
      return "healthy";
    case v1::INSTANCE_STATE_UNHEALTHY:
      return "unhealthy";
    case v1::INSTANCE_STATE_STOPPING:
      return "stopping";
    case v1::INSTANCE_STATE_STOPPED:
      return "stopped";
    case v1::INSTANCE_STATE_COMPLETED:
      return "completed";
    case v1::INSTANCE_STATE_EXITED:
      return "exited";
    case v1::INSTANCE_STATE_FAILED:
      return "failed";
    default:
      return "unknown";
  }
}

Tone ToneOf(std::string_view word) {
  static constexpr std::string_view kGood[] = {"running", "healthy",   "completed", "ready",
                                               "ok",      "succeeded", "proven",    "active"};
  static constexpr std::string_view kBad[] = {"unhealthy", "failed",      "exited",
                                              "lost",      "aborted",     "unreachable",
                                              "error",     "rolled_back", "paused"};
  static constexpr std::string_view kDim[] = {"stopped", "superseded", "none", "drained"};
  const auto in = [&](const auto& words) {
    return std::find(std::begin(words), std::end(words), word) != std::end(words);
  };
  if (in(kGood)) return Tone::kGood;
  if (in(kBad)) return Tone::kBad;
  if (in(kDim)) return Tone::kDim;
  return Tone::kBusy;
}

absl::Time ToTime(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Nanoseconds(timestamp.nanos());
}

std::string ShortAge(absl::Duration age) {
  const int64_t seconds = absl::ToInt64Seconds(age);
  if (age < absl::ZeroDuration()) return "";
  if (seconds < 120) return std::to_string(seconds) + "s";
  if (seconds < 2 * 3600) return std::to_string(seconds / 60) + "m";
  if (seconds < 2 * 86400) return std::to_string(seconds / 3600) + "h";
  return std::to_string(seconds / 86400) + "d";
}

std::string LongAge(absl::Duration age) {
  const int64_t seconds = std::max<int64_t>(0, absl::ToInt64Seconds(age));
  if (seconds < 60) return std::to_string(seconds) + " s";
  if (seconds < 3600) {
    const std::string rest = seconds % 60 == 0 ? "" : " " + std::to_string(seconds % 60) + " s";
    return std::to_string(seconds / 60) + " min" + rest;
  }
  const int64_t minutes = seconds / 60;
  return std::to_string(minutes / 60) + " h" +
         (minutes % 60 == 0 ? "" : " " + std::to_string(minutes % 60) + " min");
}

std::string Rfc3339(const google::protobuf::Timestamp& timestamp) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", ToTime(timestamp), absl::UTCTimeZone());
}

std::string ShortImage(std::string_view image) {
  constexpr size_t kDigits = 12;
  const size_t at = image.find("@sha256:");
  if (at == std::string_view::npos) return std::string(image);
  return std::string(image.substr(0, at + 8 + kDigits));
}

std::string PortsText(const google::protobuf::RepeatedPtrField<v1::Port>& ports) {
  std::string text;
  for (const v1::Port& port : ports) {
    if (!text.empty()) text += ", ";
    if (port.host_port() != 0) {
      text += (port.host_ip().empty() ? "" : port.host_ip() + ":") +
              std::to_string(port.host_port()) + "->";
    }
    text += std::to_string(port.container_port()) + "/" + port.protocol();
  }
  return text;
}

std::string Count(int64_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

}  // namespace quayside::ctl
