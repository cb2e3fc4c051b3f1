#include "ctl/session.h"

#include <cerrno>

#include "common/base/status.h"
#include "common/base/version.h"
#include "ctl/help.h"

namespace quayside::ctl {
namespace {

std::string Variable(const Environment& environment, std::string_view name) {
  const auto found = environment.find(name);
  return found == environment.end() ? "" : found->second;
}

int Report(Console& console, const absl::Status& status) {
  console.Note(console.Paint("ctl:", Tone::kBad) + " " + Escape(Message(status), true));
  return ExitCodeOf(status);
}

}  // namespace

absl::Status ConfirmDangerous(Session& s, const std::string& question) {
  if (s.in.Has("yes")) return absl::OkStatus();
  const std::string command = "`ctl " + std::string(s.in.verb->path) + "`";
  if (!s.console.in_terminal) {
    return FailedPrecondition(command +
                              " asks before it acts and there is no terminal to ask on; "
                              "give -y to say yes");
  }
  if (s.console.Confirm(Escape(question))) return absl::OkStatus();
  return MakeStatus(absl::StatusCode::kCancelled, command + " was not confirmed; nothing changed");
}

int Run(const std::vector<std::string>& arguments, const Environment& environment, Console& console,
        Clock& clock, Random& random, const RunOptions& options) {
  const auto invocation = Parse(arguments, environment);
  if (!invocation.ok()) return Report(console, invocation.status());
  if (invocation->help) {
    console.out << HelpText(invocation->topic);
    return kExitDone;
  }
  if (invocation->version) {
    console.out << "ctl " << VersionText() << "\n";
    return kExitDone;
  }
  const ContextDirectory contexts(Variable(environment, "HOME"));
  Client client(
      [&] {
        return FindContext(invocation->Value("context"), contexts, options.admin_context_path);
      },
      clock, random, options.limits);
  if (invocation->Has("timeout")) {
    const auto timeout = ParseTimeout(invocation->Value("timeout"));
    if (timeout.ok()) client.SetDeadline(clock.Now() + *timeout);
  }
  Session session{*invocation, environment, console, client, clock, random, contexts};
  const absl::StatusOr<int> code = invocation->verb->run(session);
  errno = 0;
  console.out.flush();
  const bool reader_left = errno == EPIPE;
  if (!code.ok()) return Report(console, code.status());
  // `ctl ps | head -1`: whoever reads has seen enough.
  if (!console.out.good() && !reader_left) {
    console.Note("ctl: the answer could not be written to stdout; check where it goes");
    return kExitFailed;
  }
  return *code;
}

}  // namespace quayside::ctl
