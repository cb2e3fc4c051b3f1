// Verbs that read compose files: apply, plan, diff, config.
#include "common/base/status.h"
#include "common/compose/compose.h"
#include "common/wire/convert.h"
#include "ctl/diff.h"
#include "ctl/drift.h"
#include "ctl/json.h"
#include "ctl/print.h"
#include "ctl/verbs.h"
#include "ctl/wait.h"

namespace quayside::ctl {
namespace {

absl::StatusOr<compose::LoadedApp> LoadFiles(Session& s) {
  const std::string command = "`ctl " + std::string(s.in.verb->path) + "`";
  if (!s.in.Has("file")) {
    return InvalidArgument(command + " needs a compose file, as in `" +
                           std::string(s.in.verb->examples.back()) + "`");
  }
  compose::LoadOptions options;
  options.files = s.in.Values("file");
  options.project_name = s.in.Value("project");
  options.env_files = s.in.Values("env-file");
  options.profiles = s.in.Values("profile");
  options.environment.insert(s.environment.begin(), s.environment.end());
  options.ignore_unsupported = s.in.Has("ignore-unsupported");
  for (const std::string& text : s.in.Values("set-image")) {
    const size_t equal = text.find('=');
    if (equal == std::string::npos || equal == 0 || equal + 1 == text.size()) {
      return InvalidArgument("`--set-image " + text + "` is not of the form SVC=IMAGE, as in " +
                             "`--set-image web=registry:5000/web:2`");
    }
    options.set_images[text.substr(0, equal)] = text.substr(equal + 1);
  }
  auto loaded = compose::Load(options);
  // A missing or unreadable file is a file that cannot be accepted: exit 2.
  if (!loaded.ok()) return InvalidArgument(Message(loaded.status()));
  for (const std::string& warning : loaded->warnings) s.console.Warn(warning);
  return loaded;
}

std::string CauseOf(const Session& s) {
  std::string cause = "apply";
  for (const std::string& file : s.in.Values("file")) {
    cause += " -f " + file.substr(file.rfind('/') + 1);
  }
  for (const std::string& image : s.in.Values("set-image")) cause += " --set-image " + image;
  return cause.substr(0, 200);
}

absl::StatusOr<v1::PlanReply> AskPlan(Session& s, const AppSpec& spec) {
  v1::PlanRequest request;
  wire::ToProto(spec, request.mutable_spec());
  auto reply = s.client.Read(&Client::Stub::Plan, request);
  // `plan` and `diff` keep exit 1 for "something would change".
  if (ExitCodeOf(reply.status()) == kExitFailed) return InvalidArgument(Message(reply.status()));
  return reply;
}

bool WouldChange(const v1::PlanReply& plan) {
  for (const auto& change : plan.changes()) {
    if (change.action() != "none") return true;
  }
  return plan.undone_size() > 0;
}

void PrintPlan(Session& s, const v1::PlanReply& plan) {
  Table table({"HOST", "INSTANCE", "ACTION", "DOWNTIME", "WHY"});
  int unchanged = 0;
  for (const auto& change : plan.changes()) {
    if (change.action() == "none") {
      ++unchanged;
      continue;
    }
    const Tone tone = change.action() == "remove"    ? Tone::kBad
                      : change.action() == "replace" ? Tone::kBusy
                                                     : Tone::kGood;
    table.Add({{change.host().empty() ? "(no host)" : change.host()},
               {change.app() + "/" + change.service() + "." + std::to_string(change.slot())},
               {change.action(), tone},
               {change.downtime() ? "yes" : "no", change.downtime() ? Tone::kBad : Tone::kPlain},
               {change.why()}});
  }
  if (!table.empty()) table.Print(s.console);
  for (const std::string& undone : plan.undone()) {
    s.console.out << s.console.Paint("undone:", Tone::kBusy) << " " << Escape(undone) << "\n";
  }
  if (!WouldChange(plan)) {
    s.console.out << "nothing would change: " << Count(unchanged, "instance")
                  << " as the file says\n";
  } else if (unchanged > 0) {
    s.console.out << Count(unchanged, "instance") << " not touched\n";
  }
}

void PrintDiffLines(Session& s, const std::vector<DiffLine>& lines) {
  for (const DiffLine& line : lines) {
    const Tone tone = line.sign == '+'   ? Tone::kGood
                      : line.sign == '-' ? Tone::kBad
                      : line.sign == '@' ? Tone::kDim
                                         : Tone::kPlain;
    const std::string sign = line.sign == '@' ? "" : std::string(1, line.sign);
    s.console.out << s.console.Paint(sign + Escape(line.text), tone) << "\n";
  }
}

absl::StatusOr<v1::InspectAppReply> NewestRevision(Session& s, const std::string& app) {
  v1::InspectAppRequest request;
  request.set_app(app);
  auto reply = s.client.Read(&Client::Stub::InspectApp, request);
  if (absl::IsNotFound(reply.status())) {
    return InvalidArgument("there is no app called " + app +
                           " to compare with; `ctl ls` shows those there are");
  }
  if (ExitCodeOf(reply.status()) == kExitFailed) return InvalidArgument(Message(reply.status()));
  return reply;
}

absl::StatusOr<int> DiffFile(Session& s) {
  QS_ASSIGN_OR_RETURN(const compose::LoadedApp loaded, LoadFiles(s));
  QS_ASSIGN_OR_RETURN(const v1::InspectAppReply newest, NewestRevision(s, loaded.spec.name.value));
  QS_ASSIGN_OR_RETURN(const AppSpec stored, wire::FromProto(newest.spec()));
  QS_ASSIGN_OR_RETURN(const v1::PlanReply plan, AskPlan(s, loaded.spec));
  const std::vector<DiffLine> lines =
      DiffLines(compose::Print(AsWritten(stored), true),
                compose::Print(WithStored(loaded.spec, stored), true));
  if (WantsDocument(s)) {
    PrintDocument(s, PlanJson(plan));
  } else {
    if (!lines.empty()) {
      s.console.out << "--- " << Escape(loaded.spec.name.value) << " revision "
                    << newest.revision().revision() << "\n+++ the file\n";
      PrintDiffLines(s, lines);
    }
    PrintPlan(s, plan);
  }
  return !lines.empty() || WouldChange(plan) ? kExitFailed : kExitDone;
}

absl::StatusOr<int> DiffApp(Session& s, const std::string& app) {
  QS_ASSIGN_OR_RETURN(const v1::InspectAppReply newest, NewestRevision(s, app));
  v1::ListInstancesRequest request;
  request.set_app(app);
  request.set_all(true);
  const auto rows = ListInstances(s, request);
  if (ExitCodeOf(rows.status()) == kExitFailed) return InvalidArgument(Message(rows.status()));
  if (!rows.ok()) return rows.status();
  const std::vector<Drift> drifts = FindDrift(newest.spec(), *rows);
  if (WantsDocument(s)) {
    PrintDocument(s, DriftJson(drifts));
    return drifts.empty() ? kExitDone : kExitFailed;
  }
  if (drifts.empty()) {
    s.console.out << Escape(app) << " runs as revision " << newest.revision().revision()
                  << " says\n";
    return kExitDone;
  }
  s.console.out << "--- what runs\n+++ " << Escape(app) << " revision "
                << newest.revision().revision() << "\n";
  for (const Drift& drift : drifts) {
    s.console.out << Escape(drift.place) << (drift.why.empty() ? "" : ": " + Escape(drift.why))
                  << "\n";
    if (!drift.runs.empty()) PrintDiffLines(s, {{'-', drift.runs}});
    if (!drift.wanted.empty()) PrintDiffLines(s, {{'+', drift.wanted}});
  }
  return kExitFailed;
}

}  // namespace

absl::StatusOr<int> Apply(Session& s) {
  QS_ASSIGN_OR_RETURN(const compose::LoadedApp loaded, LoadFiles(s));
  v1::ApplyRequest request;
  wire::ToProto(loaded.spec, request.mutable_spec());
  request.set_cause(CauseOf(s));
  QS_ASSIGN_OR_RETURN(const v1::ChangeReply reply, s.client.Change(&Client::Stub::Apply, request));
  return Finish(s, loaded.spec.name.value, reply);
}

absl::StatusOr<int> Plan(Session& s) {
  QS_ASSIGN_OR_RETURN(const compose::LoadedApp loaded, LoadFiles(s));
  QS_ASSIGN_OR_RETURN(const v1::PlanReply plan, AskPlan(s, loaded.spec));
  for (const std::string& warning : plan.warnings()) s.console.Warn(warning);
  if (WantsDocument(s)) {
    PrintDocument(s, PlanJson(plan));
  } else {
    PrintPlan(s, plan);
  }
  return WouldChange(plan) ? kExitFailed : kExitDone;
}

absl::StatusOr<int> Diff(Session& s) {
  const bool has_app = !s.in.operands.empty();
  if (has_app == s.in.Has("file")) {
    return InvalidArgument(
        "`ctl diff` compares either an app or a file with what runs, as in "
        "`ctl diff hello` or `ctl diff -f compose.yaml`");
  }
  return has_app ? DiffApp(s, s.in.operands[0]) : DiffFile(s);
}

absl::StatusOr<int> Config(Session& s) {
  QS_ASSIGN_OR_RETURN(const compose::LoadedApp loaded, LoadFiles(s));
  if (s.in.Output() == "json") {
    v1::AppSpec spec;
    wire::ToProto(loaded.spec, &spec);
    s.console.out << SpecJson(spec);
  } else {
    s.console.out << Escape(compose::Print(loaded.spec, true), true);
  }
  return kExitDone;
}

}  // namespace quayside::ctl
