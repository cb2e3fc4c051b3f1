// Verbs about hosts.
#include "common/base/status.h"
#include "ctl/json.h"
#include "ctl/operand.h"
#include "ctl/print.h"
#include "ctl/verbs.h"
#include "ctl/wait.h"

namespace quayside::ctl {
namespace {

using Cells = std::vector<Table::Cell>;

std::string LabelsText(const v1::Host& host) {
  std::string text;
  for (const v1::StringEntry& label : host.labels()) {
    text += (text.empty() ? "" : ",") + label.key() + "=" + label.value();
  }
  return text;
}

std::string LastSeen(const v1::Host& host) {
  if (!host.has_last_seen()) return "";
  return ShortAge(absl::Seconds(host.last_seen().seconds())) + " ago";
}

}  // namespace

absl::StatusOr<int> HostLs(Session& s) {
  QS_ASSIGN_OR_RETURN(const v1::ListHostsReply reply,
                      s.client.Read(&Client::Stub::ListHosts, v1::ListHostsRequest()));
  if (WantsDocument(s)) {
    PrintDocument(s, HostsJson(reply));
    return kExitDone;
  }
  const bool wide = s.in.Output() == "wide";
  std::vector<std::string> headings = {"HOST",      "STATE",     "AVAILABILITY", "ENGINE",
                                       "INSTANCES", "LAST SEEN", "LABELS"};
  if (wide) headings.insert(headings.end(), {"PLATFORM", "DOCKER", "AGENT", "APPLIED", "ID"});
  Table table(headings);
  for (const v1::Host& host : reply.hosts()) {
    Cells cells{{host.name()},
                {host.state(), ToneOf(host.state())},
                {host.availability(), ToneOf(host.availability())},
                {host.engine_state(), ToneOf(host.engine_state())},
                {std::to_string(host.instances())},
                {LastSeen(host)},
                {LabelsText(host)}};
    if (wide) {
      cells.push_back({host.platform()});
      cells.push_back({host.engine().version()});
      cells.push_back({host.agent_version()});
      cells.push_back(
          {std::to_string(host.applied_generation()) + "/" + std::to_string(host.generation())});
      cells.push_back({host.id()});
    }
    table.Add(std::move(cells));
  }
  if (table.empty()) {
    s.console.Note("there are no hosts yet; start quayside-agent on a server to join it");
  } else {
    table.Print(s.console);
  }
  return kExitDone;
}

absl::StatusOr<int> HostInspect(Session& s) {
  const std::string& name = s.in.operands[0];
  QS_ASSIGN_OR_RETURN(const v1::ListHostsReply reply,
                      s.client.Read(&Client::Stub::ListHosts, v1::ListHostsRequest()));
  for (const v1::Host& host : reply.hosts()) {
    if (host.name() != name && host.id() != name) continue;
    const std::string json = HostJson(host);
    s.console.out << (s.in.Output() == "json" ? json : Escape(JsonToYaml(json), true));
    return kExitDone;
  }
  return NotFound("there is no host called " + name + "; `ctl host ls` shows those there are");
}

absl::StatusOr<int> HostLabel(Session& s) {
  v1::LabelHostRequest request;
  request.set_host(s.in.operands[0]);
  for (size_t i = 1; i < s.in.operands.size(); ++i) {
    const std::string& text = s.in.operands[i];
    const size_t equal = text.find('=');
    if (equal == std::string::npos && text.size() > 1 && text.back() == '-') {
      request.add_remove(text.substr(0, text.size() - 1));
    } else if (equal != std::string::npos && equal > 0) {
      v1::StringEntry* entry = request.add_set();
      entry->set_key(text.substr(0, equal));
      entry->set_value(text.substr(equal + 1));
    } else {
      return InvalidArgument("`" + text +
                             "` is no label; write key=value to set one and key- to "
                             "remove it, as in `ctl host label alpha disk=ssd old-`");
    }
  }
  QS_ASSIGN_OR_RETURN(const v1::LabelHostReply reply,
                      s.client.Change(&Client::Stub::LabelHost, request));
  if (WantsDocument(s)) {
    PrintDocument(s, HostJson(reply.host()));
  } else {
    const std::string labels = LabelsText(reply.host());
    s.console.out << Escape(reply.host().name())
                  << (labels.empty() ? " has no labels now" : " is labelled " + Escape(labels))
                  << "\n";
  }
  return kExitDone;
}

absl::StatusOr<int> HostConfirm(Session& s) {
  v1::ConfirmHostRequest request;
  request.set_host(s.in.operands[0]);
  request.set_app(s.in.Value("app"));
  QS_ASSIGN_OR_RETURN(const v1::ConfirmHostReply reply,
                      s.client.Change(&Client::Stub::ConfirmHost, request));
  if (WantsDocument(s)) {
    PrintDocument(s, ListJson("released", reply.released()));
  } else if (reply.released().empty()) {
    s.console.out << "nothing to do: " << Escape(request.host())
                  << " runs nothing that is not named\n";
  } else {
    for (const std::string& app : reply.released()) {
      s.console.out << Escape(request.host()) << " lets go of " << Escape(app) << "\n";
    }
  }
  return kExitDone;
}

absl::StatusOr<int> HostAdopt(Session& s) {
  v1::AdoptHostRequest request;
  request.set_host(s.in.operands[0]);
  request.set_old_host_id(s.in.Value("from"));
  QS_ASSIGN_OR_RETURN(const v1::AdoptHostReply reply,
                      s.client.Change(&Client::Stub::AdoptHost, request));
  s.console.out << Escape(request.host()) << " is now the host " << Escape(reply.host_id())
                << " and takes its containers over\n";
  return kExitDone;
}

absl::StatusOr<int> HostMove(Session& s) {
  QS_ASSIGN_OR_RETURN(const SlotOperand slot, ParseSlot(s.in.operands[0]));
  if (!s.in.Has("to")) {
    return InvalidArgument("`ctl host move` needs the host to move to, as in `ctl host move " +
                           s.in.operands[0] + " --to beta`");
  }
  v1::MoveSlotRequest request;
  request.set_app(slot.app);
  request.set_service(slot.service);
  request.set_slot(slot.slot);
  request.set_to_host(s.in.Value("to"));
  QS_ASSIGN_OR_RETURN(const v1::ChangeReply reply,
                      s.client.Change(&Client::Stub::MoveSlot, request));
  return Finish(s, slot.app, reply);
}

absl::StatusOr<int> HostRemove(Session& s) {
  v1::RemoveHostRequest request;
  request.set_host(s.in.operands[0]);
  request.set_keep(s.in.Has("keep"));
  request.set_force(s.in.Has("force"));
  QS_RETURN_IF_ERROR(
      ConfirmDangerous(s, "Take the host " + request.host() + " out of the fleet" +
                              (request.keep()    ? " and leave its containers to themselves?"
                               : request.force() ? " although it may still run containers?"
                                                 : "?")));
  const auto reply = s.client.Change(&Client::Stub::RemoveHost, request);
  if (!reply.ok()) return reply.status();
  s.console.out << Escape(request.host()) << " is out of the fleet\n";
  return kExitDone;
}

}  // namespace quayside::ctl
