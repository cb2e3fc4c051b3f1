// What a person sees while a rollout goes on and when it has ended: text made from snapshots of an
// app's status. Pure: same snapshots, same text; no terminal and no clock. Text from outside is
// escaped here.
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "ctl/console.h"
#include "quayside/v1/admin.pb.h"

namespace quayside::ctl {

struct ProgressLine {
  std::string text;
  Tone tone = Tone::kPlain;
  bool operator==(const ProgressLine&) const = default;
};

// The whole picture, to be drawn again and again in the same place: a heading, then the instances
// that the rollout changes. At most `max_lines` lines (those on their way or in trouble come first)
// of at most `width` columns. REQUIRES: max_lines >= 3, width > 0.
std::vector<ProgressLine> RenderProgress(const v1::AppStatus& status, absl::Duration elapsed,
                                         size_t max_lines, size_t width);

// One line per fact that is new in `after` (state of the rollout, of an instance, what cannot be
// placed); everything when `before` is nullptr.
std::vector<std::string> RenderFacts(const v1::AppStatus* before, const v1::AppStatus& after);

// True when a rollout in this state asks for no more waiting: it has ended, or is paused and waits
// for a person.
bool WaitIsOver(const v1::Rollout& rollout);

// One sentence: how it ended.
std::string ResultSentence(const v1::AppStatus& status);

// A width that cuts nothing.
inline constexpr size_t kNoWidthLimit = 100'000;

// For a rollout that did not succeed: which instance on which host is not proven, why, and the last
// log lines of at most three failed containers.
std::vector<std::string> RenderFailure(const v1::AppStatus& status);

}  // namespace quayside::ctl
