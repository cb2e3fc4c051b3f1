// Verbs that only read: what there is, how it is, what happened.
#include <algorithm>

#include "common/base/status.h"
#include "common/model/event_kind.h"
#include "ctl/json.h"
#include "ctl/print.h"
#include "ctl/verbs.h"
#include "ctl/wait.h"

namespace quayside::ctl {
namespace {

constexpr int64_t kMaxEvents = 1'000;  // what the controller hands out at once

using Cells = std::vector<Table::Cell>;

std::string Number(int64_t number) { return std::to_string(number); }

Table::Cell Convergence(const v1::AppSummary& app) {
  if (app.removing()) return {"being removed", Tone::kBusy};
  if (app.stopped()) return {"stopped", Tone::kDim};
  if (app.converged()) return {"converged", Tone::kGood};
  return {"not converged", Tone::kBad};
}

void PrintStatus(Session& s, const v1::AppStatus& status) {
  Console& console = s.console;
  console.out << console.Paint(Escape(status.app()), Tone::kBold) << "  revision "
              << status.revision() << "  "
              << (status.converged() ? console.Paint("converged", Tone::kGood)
                                     : console.Paint("not converged", Tone::kBad));
  if (status.has_rollout()) {
    const v1::Rollout& rollout = status.rollout();
    console.out << "  rollout " << console.Paint(rollout.state(), ToneOf(rollout.state())) << ", "
                << rollout.done() << " of " << rollout.total();
    if (!rollout.reason().empty()) console.out << ": " << Escape(rollout.reason());
  }
  console.out << "\n";
  Table table({"SERVICE", "DESIRED", "UPDATED", "HEALTHY", "IMAGE"});
  for (const v1::ServiceStatus& service : status.services()) {
    const bool well = service.healthy() >= service.desired();
    table.Add(Cells{
        {service.name()},
        {Number(service.desired())},
        {Number(service.updated())},
        {service.stopped() ? "stopped" : Number(service.healthy()), service.stopped() ? Tone::kDim
                                                                    : well            ? Tone::kGood
                                                                                      : Tone::kBad},
        {ShortImage(service.image())}});
  }
  if (!table.empty()) table.Print(console);
  for (const std::string& sentence : status.pending()) {
    console.out << console.Paint("pending: ", Tone::kBusy) << Escape(sentence) << "\n";
  }
}

void PrintEvent(Session& s, const v1::Event& event) {
  if (WantsDocument(s)) {
    // One object per line, whatever the document: a stream has no end to close it.
    const std::string json = EventJson(event);
    s.console.out << (s.in.Output() == "yaml" ? "---\n" + JsonToYaml(json) : json);
  } else {
    const std::string when =
        absl::FormatTime("%Y-%m-%d %H:%M:%S", ToTime(event.at()), absl::LocalTimeZone());
    std::string about = event.host();
    if (!event.app().empty()) about += (about.empty() ? "" : " ") + event.app();
    s.console.out << when << "  " << s.console.Paint(Escape(event.kind()), Tone::kBold) << "  "
                  << (about.empty() ? "" : Escape(about) + "  ") << Escape(event.message()) << "\n";
  }
  s.console.out.flush();
}

// Details are a document in every format; a table would hide most of them.
void PrintDetails(Session& s, const std::string& json) {
  s.console.out << (s.in.Output() == "json" ? json : Escape(JsonToYaml(json), true));
}

}  // namespace

absl::StatusOr<int> Ls(Session& s) {
  QS_ASSIGN_OR_RETURN(const v1::ListAppsReply reply,
                      s.client.Read(&Client::Stub::ListApps, v1::ListAppsRequest()));
  if (WantsDocument(s)) {
    PrintDocument(s, AppsJson(reply));
    return kExitDone;
  }
  Table table({"APP", "REVISION", "STATE", "HEALTHY", "SERVICES", "ROLLOUT"});
  for (const v1::AppSummary& app : reply.apps()) {
    table.Add(
        Cells{{app.app()},
              {Number(app.revision())},
              Convergence(app),
              {app.desired() == 0 ? "-" : Number(app.healthy()) + "/" + Number(app.desired())},
              {Number(app.services())},
              {app.rollout_state(), ToneOf(app.rollout_state())}});
  }
  if (table.empty()) {
    s.console.Note("there are no apps yet; `ctl apply -f compose.yaml` makes one");
  } else {
    table.Print(s.console);
  }
  return kExitDone;
}

absl::StatusOr<int> Ps(Session& s) {
  v1::ListInstancesRequest request;
  if (!s.in.operands.empty()) request.set_app(s.in.operands[0]);
  request.set_host(s.in.Value("host"));
  request.set_all(s.in.Has("all"));
  QS_ASSIGN_OR_RETURN(const std::vector<v1::InstanceRow> rows, ListInstances(s, request));
  if (WantsDocument(s)) {
    PrintDocument(s, InstancesJson(rows));
    return kExitDone;
  }
  const bool wide = s.in.Output() == "wide";
  std::vector<std::string> headings = {"INSTANCE", "APP/SERVICE", "HOST",  "REV",  "STATE",
                                       "SINCE",    "RESTARTS",    "PORTS", "IMAGE"};
  if (wide) headings.insert(headings.end(), {"CONTAINER", "REASON"});
  Table table(headings);
  for (const v1::InstanceRow& row : rows) {
    const v1::InstanceStatus& status = row.status();
    const std::string word = row.host_known() ? std::string(StateWord(status.state())) : "unknown";
    std::string shown = word;
    if (word == "running" && !status.proven()) shown = "running (not proven)";
    if (status.retired() || !row.desired()) shown += " (kept)";
    const std::string age =
        status.has_since() ? ShortAge(s.clock.Wall() - ToTime(status.since())) : "";
    Cells cells{{status.instance()},
                {status.app() + "/" + status.service() + "." + Number(status.slot())},
                {row.host()},
                {Number(status.revision())},
                {shown, ToneOf(word)},
                {age},
                {Number(status.restarts())},
                {PortsText(status.ports())},
                {wide ? status.image() : ShortImage(status.image())}};
    if (wide) {
      cells.push_back({status.container().substr(0, 12)});
      cells.push_back({status.reason()});
    }
    table.Add(std::move(cells));
  }
  if (table.empty()) {
    s.console.Note("no instances match");
  } else {
    table.Print(s.console);
  }
  return kExitDone;
}

absl::StatusOr<int> Status(Session& s) {
  std::vector<std::string> apps = s.in.operands;
  if (apps.empty()) {
    QS_ASSIGN_OR_RETURN(const v1::ListAppsReply reply,
                        s.client.Read(&Client::Stub::ListApps, v1::ListAppsRequest()));
    for (const v1::AppSummary& app : reply.apps()) apps.push_back(app.app());
  }
  std::vector<v1::AppStatus> statuses;
  for (const std::string& app : apps) {
    v1::GetStatusRequest request;
    request.set_app(app);
    auto reply = s.client.Read(&Client::Stub::GetStatus, request);
    // One that has gone since it was listed is no error of who asked for all.
    if (absl::IsNotFound(reply.status()) && s.in.operands.empty()) continue;
    if (!reply.ok()) return reply.status();
    statuses.push_back(reply->status());
  }
  if (WantsDocument(s)) {
    PrintDocument(s, s.in.operands.empty() ? StatusesJson(statuses) : StatusJson(statuses[0]));
    return kExitDone;
  }
  if (statuses.empty()) {
    s.console.Note("there are no apps yet; `ctl apply -f compose.yaml` makes one");
  }
  for (size_t i = 0; i < statuses.size(); ++i) {
    if (i > 0) s.console.out << "\n";
    PrintStatus(s, statuses[i]);
  }
  return kExitDone;
}

absl::StatusOr<int> History(Session& s) {
  v1::GetHistoryRequest request;
  request.set_app(s.in.operands[0]);
  QS_ASSIGN_OR_RETURN(const v1::GetHistoryReply reply,
                      s.client.Read(&Client::Stub::GetHistory, request));
  if (WantsDocument(s)) {
    PrintDocument(s, HistoryJson(reply));
    return kExitDone;
  }
  Table table({"REVISION", "OUTCOME", "WHEN", "BY", "CAUSE", "REASON"});
  for (const v1::Revision& revision : reply.revisions()) {
    table.Add(Cells{{Number(revision.revision())},
                    {revision.outcome(), ToneOf(revision.outcome())},
                    {absl::FormatTime("%Y-%m-%d %H:%M:%S", ToTime(revision.created_at()),
                                      absl::LocalTimeZone())},
                    {revision.by()},
                    {revision.cause()},
                    {revision.reason()}});
  }
  table.Print(s.console);
  return kExitDone;
}

absl::StatusOr<int> Inspect(Session& s) {
  v1::InspectAppRequest app;
  app.set_app(s.in.operands[0]);
  if (s.in.Has("revision")) {
    QS_ASSIGN_OR_RETURN(const int64_t revision,
                        ParseNumber(s.in.Value("revision"), 1, kMaxRevision, "--revision"));
    app.set_revision(revision);
  }
  const auto found = s.client.Read(&Client::Stub::InspectApp, app);
  if (found.ok()) {
    PrintDetails(s, AppDetailsJson(*found));
    return kExitDone;
  }
  if (!absl::IsNotFound(found.status()) || app.revision() != 0) return found.status();
  v1::InspectInstanceRequest instance;
  instance.set_instance(s.in.operands[0]);
  const auto row = s.client.Read(&Client::Stub::InspectInstance, instance);
  if (absl::IsNotFound(row.status()) || absl::IsInvalidArgument(row.status())) {
    return NotFound("no app and no instance is called " + s.in.operands[0] +
                    "; `ctl ls` shows the apps, `ctl ps -a` the instances");
  }
  if (!row.ok()) return row.status();
  PrintDetails(s, InstanceDetailsJson(*row));
  return kExitDone;
}

absl::StatusOr<int> Explain(Session& s) {
  v1::ExplainRequest request;
  request.set_app(s.in.operands[0]);
  request.set_host(s.in.Value("host"));
  QS_ASSIGN_OR_RETURN(const v1::ExplainReply reply, s.client.Read(&Client::Stub::Explain, request));
  if (WantsDocument(s)) {
    PrintDocument(s, ExplainJson(reply));
    return kExitDone;
  }
  std::string heading;
  for (const v1::ExplainReply::Line& line : reply.lines()) {
    const std::string slot = line.service() + (line.slot() == 0 ? "" : "." + Number(line.slot()));
    if (slot != heading) {
      heading = slot;
      s.console.out << s.console.Paint(Escape(heading), Tone::kBold) << "\n";
    }
    s.console.out << "  " << (line.host().empty() ? "" : Escape(line.host()) + ": ")
                  << Escape(line.text()) << "\n";
  }
  if (reply.lines().empty()) s.console.Note("there is nothing to explain");
  return kExitDone;
}

absl::StatusOr<int> Events(Session& s) {
  if (s.in.Has("kinds")) {
    size_t width = 0;
    for (const EventKind& kind : EventKinds()) width = std::max(width, kind.kind.size());
    for (const EventKind& kind : EventKinds()) {
      s.console.out << kind.kind << std::string(width - kind.kind.size() + 2, ' ') << kind.meaning
                    << "\n";
    }
    return kExitDone;
  }
  v1::ListEventsRequest request;
  request.set_app(s.in.Value("app"));
  request.set_host(s.in.Value("host"));
  request.set_limit(100);
  if (s.in.Has("lines")) {
    QS_ASSIGN_OR_RETURN(const int64_t lines, ParseNumber(s.in.Value("lines"), 1, kMaxEvents, "-n"));
    request.set_limit(static_cast<int32_t>(lines));
  }
  QS_ASSIGN_OR_RETURN(const v1::ListEventsReply reply,
                      s.client.Read(&Client::Stub::ListEvents, request));
  int64_t last = 0;
  for (const v1::Event& event : reply.events()) {
    PrintEvent(s, event);
    last = std::max(last, event.id());
  }
  if (!s.in.Has("follow")) return kExitDone;
  v1::WatchRequest watch;
  watch.set_events(true);
  watch.set_event_app(request.app());
  watch.set_event_host(request.host());
  watch.set_after_event(last);
  const absl::Status status = s.client.Watch(
      watch,
      [&](const v1::WatchReply& message) {
        if (message.has_event()) PrintEvent(s, message.event());
        return s.console.out.good();
      },
      [&] { s.console.Note("the controller went away; waiting for it to come back"); });
  if (!status.ok()) return status;
  return kExitDone;
}

}  // namespace quayside::ctl
