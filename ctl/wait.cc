#include "ctl/wait.h"

#include <algorithm>
#include <optional>

#include "common/base/status.h"
#include "ctl/interrupt.h"
#include "ctl/json.h"
#include "ctl/progress.h"

namespace quayside::ctl {
namespace {

// Rows that a redrawn picture may take: fits the smallest terminals people use.
constexpr size_t kMaxLines = 20;
constexpr int kMaxListAttempts = 10;

// Shows each snapshot: redrawn in place on a terminal, new facts as lines elsewhere.
class View {
 public:
  View(Session& s) : s_(s), begin_(s.clock.Now()) {}

  void Show(const v1::AppStatus& status) {
    if (s_.console.err_terminal) {
      Redraw(RenderProgress(status, s_.clock.Now() - begin_, kMaxLines,
                            static_cast<size_t>(s_.console.width)));
    } else {
      for (const std::string& fact : RenderFacts(last_ ? &*last_ : nullptr, status)) {
        s_.console.Note(fact);
      }
    }
    last_ = status;
  }

  // A line that stays; the picture goes on below it.
  void Say(const std::string& line) {
    s_.console.Note(line);
    drawn_ = 0;
  }

 private:
  void Redraw(const std::vector<ProgressLine>& lines) {
    std::string text;
    if (drawn_ > 0) text = "\x1b[" + std::to_string(drawn_) + "A\x1b[J";
    for (const ProgressLine& line : lines) {
      text += s_.console.Paint(line.text, line.tone) + "\n";
    }
    s_.console.err << text;
    s_.console.err.flush();
    drawn_ = lines.size();
  }

  Session& s_;
  MonoTime begin_;
  std::optional<v1::AppStatus> last_;
  size_t drawn_ = 0;
};

// How a rollout ended that a newer one of the same app has taken the place of.
absl::StatusOr<int> EndOfOvertaken(Session& s, const Change& change) {
  v1::GetHistoryRequest request;
  request.set_app(change.app);
  QS_ASSIGN_OR_RETURN(const v1::GetHistoryReply reply,
                      s.client.Read(&Client::Stub::GetHistory, request));
  for (const v1::Revision& revision : reply.revisions()) {
    if (revision.revision() != change.revision) continue;
    const std::string name =
        Escape(change.app) + " revision " + std::to_string(revision.revision());
    if (revision.outcome() == "succeeded") {
      s.console.Note(name + " was proven, and a newer change has begun");
      return kExitDone;
    }
    break;
  }
  return MakeStatus(absl::StatusCode::kAborted,
                    "the rollout of " + change.app + " to revision " +
                        std::to_string(change.revision) +
                        " was superseded by a newer change; `ctl rollout watch " + change.app +
                        "` follows that one");
}

absl::StatusOr<int> End(Session& s, const v1::AppStatus& status, bool removal) {
  const std::string& state = status.rollout().state();
  const bool good = status.removed()
                        ? removal
                        : state == "succeeded" || (state == "partial" && s.in.Has("allow-away"));
  if (!good) {
    for (const std::string& line : RenderFailure(status)) s.console.Note(line);
  }
  const std::string sentence = ResultSentence(status);
  if (WantsDocument(s)) {
    PrintDocument(s, StatusJson(status));
    if (!good) s.console.Note(s.console.Paint("ctl:", Tone::kBad) + " " + sentence);
  } else if (good) {
    s.console.out << s.console.Paint(sentence, Tone::kGood) << "\n";
  } else {
    s.console.Note(s.console.Paint("ctl:", Tone::kBad) + " " + sentence);
  }
  return good ? kExitDone : kExitFailed;
}

// Says which hosts an app goes away from, and which of them cannot be asked now.
void SayWhereItIs(Session& s, const std::string& app) {
  v1::ListInstancesRequest request;
  request.set_app(app);
  request.set_all(true);
  const auto rows = ListInstances(s, request);
  const auto hosts = s.client.Read(&Client::Stub::ListHosts, v1::ListHostsRequest());
  if (!rows.ok() || !hosts.ok()) return;
  std::string text;
  for (const v1::Host& host : hosts->hosts()) {
    const bool has = std::any_of(rows->begin(), rows->end(), [&](const v1::InstanceRow& row) {
      return row.host() == host.name();
    });
    if (!has) continue;
    text += (text.empty() ? "" : ", ") + host.name() +
            (host.state() == "ready" ? "" : " (" + host.state() + ", when it is back)");
  }
  if (!text.empty()) s.console.Note("removing " + Escape(app) + " from " + Escape(text));
}

std::string HowToFollow(const Change& change) {
  return change.removal ? "`ctl ls`" : "`ctl rollout watch " + change.app + "`";
}

}  // namespace

absl::StatusOr<std::vector<v1::InstanceRow>> ListInstances(Session& s,
                                                           v1::ListInstancesRequest request) {
  // A list that changes between two of its pages is read again from the first.
  for (int attempt = 1;; ++attempt) {
    std::vector<v1::InstanceRow> rows;
    absl::Status status;
    request.clear_page_token();
    do {
      const auto page = s.client.Read(&Client::Stub::ListInstances, request);
      status = page.status();
      if (!status.ok()) break;
      rows.insert(rows.end(), page->instances().begin(), page->instances().end());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    if (status.ok()) return rows;
    if (!absl::IsAborted(status) || attempt == kMaxListAttempts) return status;
  }
}

absl::StatusOr<int> WaitFor(Session& s, const Change& change) {
  View view(s);
  const InterruptNote interrupt((s.console.err_terminal ? "\n" : "") +
                                ("ctl: the change of " + Escape(change.app)) + " goes on; " +
                                HowToFollow(change) + " follows it\n");
  if (change.removal) SayWhereItIs(s, change.app);
  std::optional<v1::AppStatus> end, last;
  bool overtaken = false;
  v1::WatchRequest request;
  request.set_app(change.app);
  const absl::Status status = s.client.Watch(
      request,
      [&](const v1::WatchReply& reply) {
        if (!reply.has_status()) return true;
        const v1::AppStatus& now = reply.status();
        last = now;
        // While an app is removed, its newest rollout is one of before.
        if (change.removal && !now.removed()) return true;
        overtaken = !now.removed() && now.has_rollout() && now.rollout().id() != change.rollout;
        if (overtaken) return false;
        if (!now.removed()) view.Show(now);
        if (!now.removed() && !(now.has_rollout() && WaitIsOver(now.rollout()))) return true;
        end = now;
        return false;
      },
      [&] { view.Say("the controller went away; waiting for it to come back"); });
  if (overtaken) return EndOfOvertaken(s, change);
  if (end.has_value()) return End(s, *end, change.removal);
  if (absl::IsNotFound(status)) {
    v1::AppStatus gone;
    gone.set_app(change.app);
    gone.set_removed(true);
    return End(s, gone, change.removal);
  }
  if (absl::IsDeadlineExceeded(status)) {
    if (WantsDocument(s) && last.has_value()) PrintDocument(s, StatusJson(*last));
    return DeadlineExceeded("the change of " + change.app + " is still in progress after " +
                            s.in.Value("timeout") + "; it goes on, and " + HowToFollow(change) +
                            " follows it");
  }
  return WithContext(status, "the change of " + change.app + " goes on, but cannot be followed");
}

absl::StatusOr<int> Finish(Session& s, const std::string& app, const v1::ChangeReply& reply,
                           bool removal) {
  for (const std::string& warning : reply.warnings()) s.console.Warn(warning);
  const bool nothing = reply.nothing_to_do() && reply.rollout_id().empty();
  if (nothing || s.in.Has("detach")) {
    if (WantsDocument(s) && !removal) {
      v1::GetStatusRequest request;
      request.set_app(app);
      QS_ASSIGN_OR_RETURN(const v1::GetStatusReply now,
                          s.client.Read(&Client::Stub::GetStatus, request));
      PrintDocument(s, StatusJson(now.status()));
    } else if (nothing) {
      s.console.out << "nothing to do: " << Escape(app) << " revision " << reply.revision()
                    << " is what is asked for\n";
    } else {
      s.console.out << Escape(app)
                    << (removal ? std::string(" is being removed")
                                : " revision " + std::to_string(reply.revision()) + " is recorded")
                    << "; " << (removal ? "`ctl ls`" : "`ctl rollout watch " + Escape(app) + "`")
                    << " follows it\n";
    }
    return kExitDone;
  }
  return WaitFor(s, {.app = app,
                     .rollout = reply.rollout_id(),
                     .revision = reply.revision(),
                     .removal = removal});
}

bool WantsDocument(const Session& s) {
  const std::string output = s.in.Output();
  return output == "json" || output == "yaml";
}

void PrintDocument(Session& s, const std::string& json) {
  s.console.out << (s.in.Output() == "yaml" ? JsonToYaml(json) : json);
}

}  // namespace quayside::ctl
