// Session is what one run of `ctl` has at hand: what was asked, where to speak, and the controller.
// Made by Run (or by a test), lent to the verb; one thread.
#pragma once

#include <string>

#include "common/base/clock.h"
#include "common/base/random.h"
#include "ctl/client.h"
#include "ctl/console.h"
#include "ctl/context.h"
#include "ctl/parse.h"

namespace quayside::ctl {

struct Session {
  const Invocation& in;
  const Environment& environment;
  Console& console;
  Client& client;
  Clock& clock;
  Random& random;
  const ContextDirectory& contexts;
};

// Asks a person before something that cannot be undone. kFailedPrecondition (exit 2) when there is
// no terminal and no -y; kCancelled when the answer is no.
absl::Status ConfirmDangerous(Session& s, const std::string& question);

// Runs one command line and returns its exit code. Everything that the process has is handed in, so
// that a test can run `ctl` in itself.
struct RunOptions {
  std::string admin_context_path = std::string(kAdminContextPath);
  ClientLimits limits;
};
int Run(const std::vector<std::string>& arguments, const Environment& environment, Console& console,
        Clock& clock, Random& random, const RunOptions& options = {});

}  // namespace quayside::ctl
