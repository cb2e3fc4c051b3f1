// What every gRPC edge of ours shares: status conversion, message limits, keepalive, where gRPC's
// own log lines go, and the guard around reactions. Any thread.
#pragma once

#include <cstddef>
#include <exception>
#include <string>

#include "absl/status/status.h"
#include "common/base/log.h"
#include "grpcpp/channel.h"
#include "grpcpp/server_builder.h"
#include "grpcpp/support/channel_arguments.h"
#include "grpcpp/support/status.h"

namespace quayside::net {

// The codes have the same numbers. A message longer than kMaxStatusBytes is cut: it travels in an
// HTTP/2 header.
grpc::Status ToGrpc(const absl::Status& status);
absl::Status FromGrpc(const grpc::Status& status);
inline constexpr size_t kMaxStatusBytes = 4 << 10;

// The largest message that either side of a session accepts, and the largest request of ctl; set on
// purpose on both sides. An Assignment is at most 2 MiB (R8), a Report's parts add up to less than
// 3 MiB.
inline constexpr int kMaxMessageBytes = 4 << 20;
// The largest answer to ctl: a list of 10,000 hosts has about 10 MiB.
inline constexpr int kMaxReplyBytes = 64 << 20;

// Keepalive of a session (R5): the agent asks every 3 s and waits 6 s, so it sees silence within
// 10 s; the controller asks every 5 s and waits 4 s, so it does too. The controller tolerates pings
// every 2 s. Both ping without data, or the library stops after two.
void SetServerArguments(grpc::ServerBuilder& builder);
grpc::ChannelArguments AgentChannelArguments();
// For ctl: no keepalive to speak of, the same limits.
grpc::ChannelArguments ClientChannelArguments();

// Sends gRPC's own lines to Log. Call before the first channel or server.
void RouteGrpcLog();

// Runs the body of a reaction. An exception that reached the library would be swallowed there: the
// next read would never start and the stream would hang. False when one was caught; the caller then
// ends its stream.
template <typename Body>
bool Guarded(const char* reaction, Body&& body) noexcept {
  try {
    body();
    return true;
  } catch (const std::exception& error) {
    Log(LogLevel::kError, "reaction_threw", {{"action", reaction}, {"error", error.what()}});
  } catch (...) {
    Log(LogLevel::kError, "reaction_threw", {{"action", reaction}, {"error", "not an exception"}});
  }
  return false;
}

}  // namespace quayside::net
