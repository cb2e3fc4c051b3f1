#include "common/net/grpc_util.h"

#include "common/base/status.h"
#include "grpc/grpc.h"
#include "grpc/support/log.h"

namespace quayside::net {
namespace {

void SetLimits(grpc::ChannelArguments* arguments) {
  arguments->SetMaxReceiveMessageSize(kMaxMessageBytes);
  arguments->SetMaxSendMessageSize(kMaxMessageBytes);
}

void WriteGrpcLine(gpr_log_func_args* line) {
  // What gRPC calls an error it has recovered from; its informational lines are for debugging.
  const LogLevel level =
      line->severity == GPR_LOG_SEVERITY_ERROR ? LogLevel::kWarn : LogLevel::kDebug;
  Log(level, "grpc_said", {{"error", line->message}});
}

}  // namespace

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  std::string message = Message(status);
  if (message.size() > kMaxStatusBytes) message.resize(kMaxStatusBytes);
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), message);
}

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const int code = status.error_code();
  if (code < 0 || code > static_cast<int>(absl::StatusCode::kUnauthenticated)) {
    return MakeStatus(absl::StatusCode::kUnknown, status.error_message());
  }
  return MakeStatus(static_cast<absl::StatusCode>(code), status.error_message());
}

void SetServerArguments(grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.SetMaxSendMessageSize(kMaxReplyBytes);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 5'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 4'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 2'000);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 5);
  // A second controller must not share the port in silence.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
}

grpc::ChannelArguments AgentChannelArguments() {
  grpc::ChannelArguments arguments;
  SetLimits(&arguments);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 3'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 6'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // This is also the connect deadline: a short one makes a storm of TLS handshakes collapse
  // (measured). The session has a back-off of its own, on a fresh channel each time.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 20'000);
  // No channel shares a connection with another: several agents in one process are several agents.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // Agents dial their controller, never a proxy that an environment variable names.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return arguments;
}

grpc::ChannelArguments ClientChannelArguments() {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxReplyBytes);
  arguments.SetMaxSendMessageSize(kMaxMessageBytes);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return arguments;
}

void RouteGrpcLog() { gpr_set_log_function(WriteGrpcLine); }

}  // namespace quayside::net
