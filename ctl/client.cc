#include "ctl/client.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/backoff.h"
#include "common/base/status.h"
#include "ctl/console.h"

namespace quayside::ctl {
namespace {

constexpr int kMaxReplyBytes = 64 << 20;  // 10,000 hosts with their facts are about 10 MiB
constexpr Backoff kBackoff{absl::Milliseconds(100), absl::Seconds(2)};

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  return MakeStatus(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

// A stream that ended so may go on with another one: the controller stops, starts, has too many
// watchers, or this side was too slow for it (a good end).
bool MayComeBack(const absl::Status& status) {
  return status.ok() || absl::IsUnavailable(status) || absl::IsCancelled(status) ||
         absl::IsAborted(status) || absl::IsResourceExhausted(status);
}

// Why nobody answers on a unix socket; "" when somebody does.
std::string WhyNotConnected(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return "the system gives no socket";
  const int result = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const int error = result == 0 ? 0 : errno;
  close(fd);
  switch (error) {
    case 0:
      return "";
    case ENOENT:
    case ENOTDIR:
      return "there is no such socket, so the controller does not run";
    case ECONNREFUSED:
      return "nobody answers there, so the controller does not run";
    case EACCES:
    case EPERM:
      return "this user may not open it";
    default:
      return std::strerror(error);
  }
}

}  // namespace

Client::Client(std::function<absl::StatusOr<Context>()> find, Clock& clock, Random& random,
               ClientLimits limits)
    : find_(std::move(find)), clock_(clock), random_(random), limits_(limits) {}

absl::Status Client::Open() {
  if (stub_ != nullptr) return absl::OkStatus();
  QS_ASSIGN_OR_RETURN(context_, find_());
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxReplyBytes);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  // A proxy named in the environment is not for a socket of this machine.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  channel_ = grpc::CreateCustomChannel("unix:" + context_.socket,
                                       grpc::InsecureChannelCredentials(), arguments);
  stub_ = v1::AdminService::NewStub(channel_);
  return absl::OkStatus();
}

absl::Time Client::WallAt(MonoTime instant) {
  return clock_.Wall() + std::min<absl::Duration>(instant - clock_.Now(), absl::Hours(24 * 365));
}

absl::Status Client::Unreachable() {
  const std::string why = WhyNotConnected(context_.socket);
  return Unavailable("the controller cannot be reached at " + Escape(context_.socket) +
                     " because " + (why.empty() ? "it accepts no calls yet" : why) +
                     "; see `systemctl status quayside-controller`, or name another one with "
                     "--context FILE");
}

absl::Status Client::Reach(MonoTime deadline) {
  if (channel_->WaitForConnected(absl::ToChronoTime(WallAt(deadline)))) return absl::OkStatus();
  return Unreachable();
}

// Waits at most `wait`, less when the connection changes meanwhile.
void Client::Pause(absl::Duration wait) {
  const grpc_connectivity_state state = channel_->GetState(true);
  channel_->WaitForStateChange(state, absl::ToChronoTime(clock_.Wall() + wait));
}

absl::Status Client::Repeat(bool change,
                            const std::function<grpc::Status(grpc::ClientContext&)>& call) {
  QS_RETURN_IF_ERROR(Open());
  const MonoTime begin = clock_.Now();
  MonoTime give_up =
      std::min(deadline_, begin + (change ? limits_.reach_to_change : limits_.reach_to_read));
  for (int failures = 0;;) {
    QS_RETURN_IF_ERROR(Reach(give_up));
    grpc::ClientContext context;
    const MonoTime call_ends = std::min(deadline_, clock_.Now() + limits_.call);
    context.set_deadline(absl::ToChronoTime(WallAt(call_ends)));
    const absl::Status status = FromGrpc(call(context));
    if (absl::IsDeadlineExceeded(status)) {
      return Unavailable("the controller at " + Escape(context_.socket) +
                         " took the call and did not answer in time; ask `ctl status` before it "
                         "is sent again");
    }
    if (!absl::IsUnavailable(status)) return status;
    // With the connection still there it is the controller's own answer (a registry that it cannot
    // reach), which is asked for again for a moment only.
    if (change && channel_->GetState(false) != GRPC_CHANNEL_READY) {
      give_up = std::min(deadline_, begin + limits_.repeat_change);
    }
    const absl::Duration wait = kBackoff.After(++failures);
    if (clock_.Now() + wait >= give_up) {
      return WhyNotConnected(context_.socket).empty() ? status : Unreachable();
    }
    Pause(wait);
  }
}

absl::Status Client::WatchOnce(v1::WatchRequest& request,
                               const std::function<bool(const v1::WatchReply&)>& seen, bool& any,
                               bool& ended) {
  grpc::ClientContext context;
  if (!deadline_.is_never()) context.set_deadline(absl::ToChronoTime(WallAt(deadline_)));
  const auto stream = stub_->Watch(&context, request);
  v1::WatchReply reply;
  while (stream->Read(&reply)) {
    any = true;
    if (reply.has_event()) request.set_after_event(reply.event().id());
    if (!seen(reply)) {
      ended = true;
      context.TryCancel();
      break;
    }
  }
  return FromGrpc(stream->Finish());
}

absl::Status Client::Watch(v1::WatchRequest request,
                           const std::function<bool(const v1::WatchReply&)>& seen,
                           const std::function<void()>& lost) {
  QS_RETURN_IF_ERROR(Open());
  const absl::Status late = DeadlineExceeded("the time to wait has ended");
  bool told = false;
  for (int failures = 0;;) {
    if (!Reach(std::min(deadline_, clock_.Now() + limits_.reach_to_read)).ok()) {
      if (clock_.Now() >= deadline_) return late;
      if (!std::exchange(told, true)) lost();
      continue;
    }
    bool any = false;
    bool ended = false;
    const absl::Status status = WatchOnce(request, seen, any, ended);
    if (ended) return absl::OkStatus();
    if (absl::IsDeadlineExceeded(status) && !deadline_.is_never()) return late;
    if (!MayComeBack(status)) return status;
    if (any) told = false;
    if (!std::exchange(told, true)) lost();
    failures = any ? 1 : failures + 1;
    const absl::Duration wait = kBackoff.After(failures);
    if (clock_.Now() + wait >= deadline_) return late;
    Pause(wait);
  }
}

absl::Status Client::Backup(const std::function<absl::Status(const std::string&)>& sink) {
  QS_RETURN_IF_ERROR(Open());
  QS_RETURN_IF_ERROR(Reach(clock_.Now() + limits_.reach_to_read));
  grpc::ClientContext context;
  const auto stream = stub_->Backup(&context, v1::BackupRequest());
  v1::BackupReply reply;
  while (stream->Read(&reply)) {
    if (absl::Status status = sink(reply.chunk()); !status.ok()) {
      context.TryCancel();
      stream->Finish();
      return status;
    }
  }
  return FromGrpc(stream->Finish());
}

int ExitCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kExitDone;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kOutOfRange:
      return kExitUsage;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
      return kExitUnreachable;
    case absl::StatusCode::kDeadlineExceeded:
      return kExitInProgress;
    default:
      return kExitFailed;
  }
}

}  // namespace quayside::ctl
