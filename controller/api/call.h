// Call is one unary call that is being answered: it finishes its gRPC reactor exactly once, by
// Finish or, when it is dropped on the way (a full mailbox, a core that stops), by its destructor
// with kUnavailable, so that no caller waits for ever and the server can shut down. Move-only.
#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "common/base/status.h"
#include "common/net/grpc_util.h"
#include "grpcpp/support/server_callback.h"

namespace quayside::controller {

class Call {
 public:
  // `in_flight` counts calls; it outlives this.
  Call(grpc::ServerUnaryReactor* reactor, std::atomic<int>* in_flight)
      : reactor_(reactor), in_flight_(in_flight) {
    ++*in_flight_;
  }
  Call(Call&& other) noexcept
      : reactor_(std::exchange(other.reactor_, nullptr)), in_flight_(other.in_flight_) {}
  Call& operator=(Call&&) = delete;
  ~Call() {
    Finish(Unavailable("the controller is too busy or about to stop; ask again in a moment"));
  }

  void Finish(const absl::Status& status) {
    if (reactor_ == nullptr) return;
    --*in_flight_;
    std::exchange(reactor_, nullptr)->Finish(net::ToGrpc(status));
  }

 private:
  grpc::ServerUnaryReactor* reactor_;
  std::atomic<int>* in_flight_;
};

}  // namespace quayside::controller
