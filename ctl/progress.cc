#include "ctl/progress.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "ctl/print.h"

namespace quayside::ctl {
namespace {

constexpr size_t kMaxLogs = 3;
constexpr size_t kMaxLogLines = 20;

std::string SlotName(const v1::RolloutTarget& target) {
  return target.service() + "." + std::to_string(target.slot());
}

// "web.1 on alpha"
std::string Place(const v1::RolloutTarget& target) {
  return Escape(SlotName(target) + (target.host().empty() ? "" : " on " + target.host()));
}

std::string StageWord(std::string_view rollout_state) {
  if (rollout_state == "rolling_back") return "rolling back";
  if (rollout_state == "rolled_back") return "rolled back";
  if (rollout_state == "prepull") return "pulling images";
  if (rollout_state == "running") return "in progress";
  return std::string(rollout_state);
}

std::string TargetWord(const v1::RolloutTarget& target) {
  if (target.state() == "going_back") return "going back";
  if (target.state() == "back") return "went back";
  if (target.state() == "working" && target.has_observed()) {
    return std::string(StateWord(target.observed().state()));
  }
  if (target.state() == "proven" && target.action() == "remove") return "removed";
  return target.state();
}

// The reason without the state that it may begin with: that stands before it already.
std::string WhyOf(const v1::RolloutTarget& target) {
  const std::string& reason =
      target.reason().empty() ? target.observed().reason() : target.reason();
  const std::string word = TargetWord(target);
  if (reason == word) return "";
  return reason.starts_with(word + ": ") ? reason.substr(word.size() + 2) : reason;
}

// What a person looks at first: trouble, then work, then what is done, then what waits.
int Urgency(const v1::RolloutTarget& target) {
  if (target.state() == "failed") return 0;
  if (target.state() == "going_back" || target.state() == "back") return 1;
  if (target.state() == "working") return 2;
  if (target.state() == "deferred") return 3;
  return target.state() == "waiting" ? 5 : 4;
}

std::string Heading(const v1::AppStatus& status, absl::Duration elapsed) {
  std::string text = Escape(status.app()) + "  revision " + std::to_string(status.revision());
  if (status.has_rollout()) {
    const v1::Rollout& rollout = status.rollout();
    text += "  " + StageWord(rollout.state()) + "  " + std::to_string(rollout.done()) + " of " +
            std::to_string(rollout.total()) + " done";
  }
  return text + "  " + LongAge(elapsed);
}

std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

using TargetKey = std::tuple<std::string, int32_t, std::string, std::string>;

TargetKey KeyOf(const v1::RolloutTarget& target) {
  return {target.service(), target.slot(), target.host(), target.action()};
}

std::string TargetFact(const std::string& app, const v1::RolloutTarget& target) {
  const std::string why = WhyOf(target);
  return Escape(app) + "/" + Place(target) + ": " + Escape(TargetWord(target)) +
         (why.empty() ? "" : ": " + Escape(FirstLine(why)));
}

// The last lines of a log, escaped and set in.
std::vector<std::string> LogLines(const std::string& log) {
  std::vector<std::string> lines;
  std::string text = Escape(log, true);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  for (size_t start = 0; start <= text.size() && !text.empty();) {
    const size_t end = std::min(text.find('\n', start), text.size());
    lines.push_back("    | " + text.substr(start, end - start));
    start = end + 1;
  }
  if (lines.size() > kMaxLogLines) lines.erase(lines.begin(), lines.end() - kMaxLogLines);
  return lines;
}

bool IsProven(const v1::RolloutTarget& target) { return target.state() == "proven"; }

}  // namespace

std::vector<ProgressLine> RenderProgress(const v1::AppStatus& status, absl::Duration elapsed,
                                         size_t max_lines, size_t width) {
  std::vector<ProgressLine> lines;
  lines.push_back({Shorten(Heading(status, elapsed), width), Tone::kBold});
  std::vector<const v1::RolloutTarget*> targets;
  size_t name_width = 0, host_width = 0;
  for (const v1::RolloutTarget& target : status.rollout().targets()) {
    targets.push_back(&target);
    name_width = std::max(name_width, DisplayWidth(Escape(SlotName(target))));
    host_width = std::max(host_width, DisplayWidth(Escape(target.host())));
  }
  const size_t room = max_lines - 1 - std::min<size_t>(status.pending_size(), 1);
  if (targets.size() > room) {
    std::stable_sort(targets.begin(), targets.end(),
                     [](const auto* a, const auto* b) { return Urgency(*a) < Urgency(*b); });
  }
  const size_t shown = targets.size() > room ? room - 1 : targets.size();
  for (size_t i = 0; i < shown; ++i) {
    const v1::RolloutTarget& target = *targets[i];
    const std::string why = WhyOf(target);
    const std::string text = "  " + Pad(Escape(SlotName(target)), name_width) + "  " +
                             Pad(Escape(target.host()), host_width) + "  " +
                             Pad(target.action(), 7) + "  " + TargetWord(target) +
                             (why.empty() ? "" : ": " + FirstLine(why));
    lines.push_back({Shorten(Escape(text), width), ToneOf(target.state())});
  }
  if (shown < targets.size()) {
    const auto rest_proven = std::count_if(targets.begin() + shown, targets.end(),
                                           [](const auto* t) { return IsProven(*t); });
    lines.push_back({Shorten("  and " + std::to_string(targets.size() - shown) + " more, " +
                                 std::to_string(rest_proven) + " of them proven",
                             width),
                     Tone::kDim});
  }
  if (status.pending_size() > 0) {
    const std::string more = status.pending_size() == 1
                                 ? ""
                                 : " (and " + std::to_string(status.pending_size() - 1) + " more)";
    lines.push_back(
        {Shorten("  pending: " + Escape(FirstLine(status.pending(0))) + more, width), Tone::kBusy});
  }
  return lines;
}

std::vector<std::string> RenderFacts(const v1::AppStatus* before, const v1::AppStatus& after) {
  std::vector<std::string> facts;
  const std::string app = Escape(after.app());
  const bool same_rollout = before != nullptr && before->rollout().id() == after.rollout().id();
  if (after.has_rollout() &&
      (!same_rollout || before->rollout().state() != after.rollout().state())) {
    const v1::Rollout& rollout = after.rollout();
    facts.push_back(app + ": revision " + std::to_string(rollout.to()) + " " +
                    StageWord(rollout.state()) + ", " + std::to_string(rollout.done()) + " of " +
                    Count(rollout.total(), "instance") + " done" +
                    (rollout.reason().empty() ? "" : ": " + Escape(FirstLine(rollout.reason()))));
  }
  std::map<TargetKey, std::string> told;
  if (same_rollout) {
    for (const v1::RolloutTarget& target : before->rollout().targets()) {
      told[KeyOf(target)] = TargetFact(after.app(), target);
    }
  }
  for (const v1::RolloutTarget& target : after.rollout().targets()) {
    std::string fact = TargetFact(after.app(), target);
    const auto found = told.find(KeyOf(target));
    if (found != told.end() ? found->second == fact : target.state() == "waiting") continue;
    facts.push_back(std::move(fact));
  }
  std::set<std::string> pending;
  if (before != nullptr) pending.insert(before->pending().begin(), before->pending().end());
  for (const std::string& sentence : after.pending()) {
    if (!pending.contains(sentence)) facts.push_back(app + ": pending: " + Escape(sentence));
  }
  return facts;
}

bool WaitIsOver(const v1::Rollout& rollout) {
  static const std::set<std::string> kOver = {"succeeded", "partial",    "rolled_back", "failed",
                                              "aborted",   "superseded", "paused"};
  return kOver.contains(rollout.state());
}

std::string ResultSentence(const v1::AppStatus& status) {
  const std::string app = Escape(status.app());
  if (status.removed()) return app + " is removed";
  const v1::Rollout& rollout = status.rollout();
  const std::string to = "revision " + std::to_string(rollout.to());
  const std::string took = LongAge(ToTime(rollout.ended_at()) - ToTime(rollout.started_at()));
  const std::string reason = rollout.reason().empty() ? "" : ": " + Escape(rollout.reason());
  if (rollout.state() == "succeeded") {
    return app + " " + to + " is proven: " + std::to_string(rollout.done()) + " of " +
           Count(rollout.total(), "instance") + (rollout.has_ended_at() ? " in " + took : "");
  }
  if (rollout.state() == "partial") {
    return app + " " + to + " is proven where hosts answer, " + std::to_string(rollout.done()) +
           " of " + Count(rollout.total(), "instance") + reason +
           "; the hosts that are away get it when they return";
  }
  if (rollout.state() == "rolled_back") {
    const bool again = rollout.from() != 0;
    return app + " " + to + " failed" +
           (again ? " and revision " + std::to_string(rollout.from()) + " runs again" : "") +
           reason;
  }
  if (rollout.state() == "paused") {
    return app + " " + to + " is paused" + reason + "; apply a fixed file, or `ctl rollback " +
           app + "`";
  }
  if (rollout.state() == "superseded") return app + " " + to + " was overtaken by a newer change";
  return app + " " + to + " " + StageWord(rollout.state()) + reason;
}

std::vector<std::string> RenderFailure(const v1::AppStatus& status) {
  std::vector<std::string> lines;
  size_t logs = 0;
  for (const v1::RolloutTarget& target : status.rollout().targets()) {
    const std::string why = WhyOf(target);
    if (IsProven(target) || (target.state() == "back" && why.empty())) continue;
    if (target.state() == "waiting" && why.empty()) continue;
    lines.push_back("  " + Place(target) + " is not proven (" + Escape(TargetWord(target)) + ")" +
                    (why.empty() ? "" : ": " + Escape(why)));
    const std::vector<std::string> log = LogLines(target.observed().log_tail());
    if (log.empty()) continue;
    if (++logs > kMaxLogs) {
      lines.push_back("    its log: ctl inspect " + Escape(target.instance()));
      continue;
    }
    lines.push_back("    its last log lines:");
    lines.insert(lines.end(), log.begin(), log.end());
  }
  for (const std::string& sentence : status.pending()) {
    lines.push_back("  pending: " + Escape(sentence));
  }
  return lines;
}

}  // namespace quayside::ctl
