// Client is the connection to one controller's AdminService. It connects at the first call, repeats
// what a restart of the controller interrupted, and turns gRPC's errors into sentences. One thread.
//
// A call that only reads is repeated while the controller cannot be reached, for a moment. A change
// carries a random request id that stays the same when it is repeated, so that it is one act
// however often it is sent. A watch reconnects until its deadline. Limits: an answer is at most 64
// MiB.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <grpcpp/grpcpp.h>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "ctl/context.h"
#include "quayside/v1/admin.grpc.pb.h"

namespace quayside::ctl {

struct ClientLimits {
  // How long to look for a controller that nothing was sent to yet: longer than a restart takes for
  // a change, so that a script survives it; short for a read, which a person can repeat.
  absl::Duration reach_to_read = absl::Seconds(3);
  absl::Duration reach_to_change = absl::Seconds(10);
  // How long a change whose fate is unknown is sent again.
  absl::Duration repeat_change = absl::Minutes(2);
  // One unary call; `apply` asks registries meanwhile.
  absl::Duration call = absl::Minutes(2);
};

class Client {
 public:
  using Stub = v1::AdminService::StubInterface;
  template <typename Request, typename Reply>
  using Method = grpc::Status (Stub::*)(grpc::ClientContext*, const Request&, Reply*);

  // `find` names the controller; it is asked once, at the first call.
  Client(std::function<absl::StatusOr<Context>()> find, Clock& clock, Random& random,
         ClientLimits limits = {});

  // Calls end at `deadline` at the latest, whatever the limits are.
  void SetDeadline(MonoTime deadline) { deadline_ = deadline; }
  MonoTime deadline() const { return deadline_; }

  // Errors: kUnavailable when the controller cannot be reached, else the controller's own.
  template <typename Request, typename Reply>
  absl::StatusOr<Reply> Read(Method<Request, Reply> method, const Request& request) {
    Reply reply;
    const absl::Status status = Repeat(false, [&](grpc::ClientContext& context) {
      reply.Clear();
      return (stub_.get()->*method)(&context, request, &reply);
    });
    if (!status.ok()) return status;
    return reply;
  }

  // The same for a change; sets its request id.
  template <typename Request, typename Reply>
  absl::StatusOr<Reply> Change(Method<Request, Reply> method, Request request) {
    request.set_request_id(random_.Base32(kRequestIdLength));
    Reply reply;
    const absl::Status status = Repeat(true, [&](grpc::ClientContext& context) {
      reply.Clear();
      return (stub_.get()->*method)(&context, request, &reply);
    });
    if (!status.ok()) return status;
    return reply;
  }

  // Gives each message to `seen` until that returns false (then ok). Reconnects whenever the
  // controller goes away, for as long as it takes, and calls `lost` once each time it does.
  // kDeadlineExceeded at the deadline, else what the controller refuses with. For after a call that
  // was answered: a controller that never was there is waited for too.
  absl::Status Watch(v1::WatchRequest request,
                     const std::function<bool(const v1::WatchReply&)>& seen,
                     const std::function<void()>& lost);

  // Gives each chunk of a backup to `sink`; its error ends the call and is returned.
  absl::Status Backup(const std::function<absl::Status(const std::string&)>& sink);

 private:
  static constexpr int kRequestIdLength = 26;  // 130 random bits

  absl::Status Open();
  absl::Status Reach(MonoTime deadline);
  absl::Status Repeat(bool change, const std::function<grpc::Status(grpc::ClientContext&)>& call);
  absl::Status WatchOnce(v1::WatchRequest& request,
                         const std::function<bool(const v1::WatchReply&)>& seen, bool& any,
                         bool& ended);
  void Pause(absl::Duration wait);
  absl::Time WallAt(MonoTime instant);
  absl::Status Unreachable();

  std::function<absl::StatusOr<Context>()> find_;
  Clock& clock_;
  Random& random_;
  ClientLimits limits_;
  MonoTime deadline_ = MonoTime::Never();
  Context context_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<Stub> stub_;
};

// The exit code that an error stands for (contract).
int ExitCodeOf(const absl::Status& status);

}  // namespace quayside::ctl
