// quayside-agent: assembles the agent's parts, runs its turns on the thread `agent`, and ends at
// SIGTERM or SIGINT. Containers go on without it.
#include <climits>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include <unistd.h>

#include "agent/agent.h"
#include "agent/docker/docker_engine.h"
#include "agent/flags.h"
#include "agent/prober/prober.h"
#include "agent/session/identity.h"
#include "agent/session/session.h"
#include "agent/session/session_thread.h"
#include "common/base/mailbox.h"
#include "common/base/status.h"
#include "common/base/version.h"
#include "common/net/address.h"
#include "common/net/grpc_util.h"
#include "common/program/signals.h"

namespace quayside::agent {
namespace {

// Engine replies, probes and session messages that wait for the next turn. Each of their sources is
// bounded by itself; this is far above their sum.
constexpr size_t kMailboxCapacity = 16'384;

std::string HostName() {
  char name[HOST_NAME_MAX + 1] = {};
  if (gethostname(name, sizeof(name) - 1) != 0) return "host";
  return name;
}

absl::StatusOr<std::string> AbsolutePath(const std::string& path) {
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  if (error) return InvalidArgument("--data-dir: `" + path + "` is no usable path");
  return absolute.lexically_normal().string();
}

// Runs turns until the mailbox is closed.
void RunTurns(Agent& agent, Mailbox<AgentEvent>& mailbox) {
  MonoTime next = agent.Turn({});
  while (!mailbox.closed()) next = agent.Turn(mailbox.TakeUntil(next));
}

absl::Status Run(const Flags& flags) {
  const program::EndSignals signals;
  net::RouteGrpcLog();
  ConfigureLog(flags.log_format, flags.log_level);
  if (!flags.controller.empty()) {
    QS_ASSIGN_OR_RETURN(const net::HostPort address, net::ParseHostPort(flags.controller));
    if (address.port == 0) return InvalidArgument("--controller needs a port above 0");
  }

  SystemClock clock;
  SystemRandom random;
  QS_ASSIGN_OR_RETURN(const std::string data_dir, AbsolutePath(flags.data_dir));
  QS_ASSIGN_OR_RETURN(DiskFileStore files, DiskFileStore::Open(data_dir));
  QS_ASSIGN_OR_RETURN(const DirectoryLock lock, DirectoryLock::Acquire(data_dir));
  QS_ASSIGN_OR_RETURN(AgentIdentity identity,
                      EnsureIdentity(files, random, flags.controller, flags.name, HostName()));
  // Before all whose threads submit to it, so that it outlives them.
  Mailbox<AgentEvent> mailbox(clock, kMailboxCapacity);
  const auto submit = [&mailbox](AgentEvent event) {
    if (!mailbox.Offer(std::move(event)) && !mailbox.closed()) {
      Log(LogLevel::kError, "agent_event_dropped");
    }
  };
  QS_ASSIGN_OR_RETURN(const std::unique_ptr<docker::DockerEngine> engine,
                      docker::DockerEngine::Open(flags.engine));
  SystemProber prober(*engine);

  SessionThread thread(clock);
  Session session(
      {.controller = identity.controller,
       .name = identity.name,
       .host = identity.host,
       .secret = identity.secret,
       .machine_id = MachineId(data_dir),
       .boot_id = BootId(),
       .process_nonce = random.Base32(26),
       .agent_version = std::string(kVersion),
       .labels = flags.labels},
      {}, clock, random,
      {.submit = submit,
       .wake = [&thread] { thread.Wake(); },
       .on_welcome =
           [&](const FleetId& fleet, const HostId& host) {
             if (identity.fleet == fleet && identity.host == host) return;
             identity.fleet = fleet;
             identity.host = host;
             const absl::Status saved = SaveIdentity(files, identity);
             if (!saved.ok()) {
               Log(LogLevel::kError, "identity_not_stored", {{"error", Message(saved)}});
             }
           }});
  Agent agent(flags.agent, clock, random, files, *engine, prober, session, submit);
  QS_RETURN_IF_ERROR(agent.Start());
  std::thread turns([&] { RunTurns(agent, mailbox); });
  thread.Start(session);
  Log(LogLevel::kInfo, "agent_started",
      {{"host", identity.name}, {"controller", identity.controller}, {"engine", flags.engine}});

  const program::EndSignal received = signals.Wait();
  Log(LogLevel::kInfo, "agent_stopping", {{"code", received.signal}, {"sender", received.sender}});
  thread.Stop();
  mailbox.Close();
  turns.join();
  return absl::OkStatus();
}

int Main(int argc, const char* const* argv) {
  const absl::StatusOr<Flags> flags = ParseFlags(argc, argv);
  if (!flags.ok()) {
    std::fprintf(stderr, "%s\n", Message(flags.status()).c_str());
    return 2;
  }
  if (!flags->print.empty()) {
    std::fputs(flags->print.c_str(), stdout);
    return 0;
  }
  const absl::Status status = Run(*flags);
  if (status.ok()) return 0;
  std::fprintf(stderr, "quayside-agent cannot start on %s: %s\n", flags->data_dir.c_str(),
               Message(status).c_str());
  return absl::IsInvalidArgument(status) ? 2 : 1;
}

}  // namespace
}  // namespace quayside::agent

int main(int argc, char** argv) { return quayside::agent::Main(argc, argv); }
