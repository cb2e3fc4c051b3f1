// Verbs about ctl itself: contexts, completion, version.
#include "common/base/status.h"
#include "common/base/version.h"
#include "ctl/completion.h"
#include "ctl/json.h"
#include "ctl/print.h"
#include "ctl/verbs.h"
#include "ctl/wait.h"

namespace quayside::ctl {
namespace {

// A file of this machine that cannot be used is no unreachable controller: nothing was changed.
absl::Status Local(const absl::Status& status) {
  if (status.ok() || absl::IsNotFound(status) || absl::IsInvalidArgument(status)) return status;
  return FailedPrecondition(Message(status) + "; check the permissions of ~/.config/quayside");
}

}  // namespace

absl::StatusOr<int> ContextLs(Session& s) {
  const auto contexts = s.contexts.List();
  if (!contexts.ok()) return Local(contexts.status());
  const std::string current = s.contexts.Current();
  if (WantsDocument(s)) {
    PrintDocument(s, ContextsJson(*contexts, current));
    return kExitDone;
  }
  Table table({"CURRENT", "NAME", "SOCKET"});
  for (const Context& context : *contexts) {
    const bool chosen = context.name == current;
    table.Add({{chosen ? "*" : " ", Tone::kGood}, {context.name}, {context.socket}});
  }
  if (table.empty()) {
    s.console.Note("there are no contexts here; a controller on this machine is found without one");
  } else {
    table.Print(s.console);
  }
  return kExitDone;
}

absl::StatusOr<int> ContextUse(Session& s) {
  QS_RETURN_IF_ERROR(Local(s.contexts.Use(s.in.operands[0])));
  s.console.out << "ctl talks to " << Escape(s.in.operands[0]) << " from now on\n";
  return kExitDone;
}

absl::StatusOr<int> ContextAdd(Session& s) {
  Context context{.name = s.in.operands[0], .socket = s.in.Value("socket"), .path = ""};
  if (s.in.Has("from") == s.in.Has("socket")) {
    return InvalidArgument(
        "`ctl context add` needs either --socket PATH or --from FILE, as in "
        "`ctl context add local --socket /var/lib/quayside/ctl.sock`");
  }
  if (s.in.Has("from")) {
    const auto read = ReadContext(s.in.Value("from"));
    if (!read.ok()) return InvalidArgument(Message(read.status()));
    context.socket = read->socket;
  }
  QS_RETURN_IF_ERROR(Local(s.contexts.Add(context)));
  s.console.out << "the context " << Escape(context.name) << " is kept"
                << (s.contexts.Current() == context.name ? " and is the current one" : "") << "\n";
  return kExitDone;
}

absl::StatusOr<int> Version(Session& s) {
  const auto reply = s.client.Read(&Client::Stub::GetVersion, v1::GetVersionRequest());
  if (WantsDocument(s)) {
    PrintDocument(s, VersionJson(VersionText(), reply.ok() ? *reply : v1::GetVersionReply()));
    if (!reply.ok()) return reply.status();
    return kExitDone;
  }
  s.console.out << "ctl         " << VersionText() << "\n";
  if (!reply.ok()) return reply.status();
  s.console.out << "controller  " << Escape(reply->version()) << "\n"
                << "fleet       " << Escape(reply->fleet_id()) << "\n";
  if (reply->read_only())
    s.console.Warn("the controller is read-only: " + reply->read_only_reason());
  if (reply->recovering()) s.console.Warn("a recovery is going on; see `ctl recovery status`");
  return kExitDone;
}

absl::StatusOr<int> Completion(Session& s) {
  QS_ASSIGN_OR_RETURN(const std::string script, CompletionScript(s.in.operands[0]));
  s.console.out << script;
  return kExitDone;
}

}  // namespace quayside::ctl
