#include "agent/session/stream.h"

#include <utility>

#include "common/base/status.h"
#include "common/net/grpc_util.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"

namespace quayside::agent {

SessionStream::SessionStream(Handler& handler, uint64_t attempt, const std::string& target)
    : handler_(handler),
      attempt_(attempt),
      channel_(grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(),
                                         net::AgentChannelArguments())),
      stub_(v1::AgentService::NewStub(channel_)) {}

void SessionStream::Start() {
  stub_->async()->Session(&context_, this);
  AddHold();  // Pump starts writes outside reactions; Release takes it back
  StartRead(&in_);
  StartCall();
  Pump();
}

void SessionStream::Pump() {
  {
    absl::MutexLock lock(&mutex_);
    if (released_ || half_closed_) return;
    if (writing_) {
      again_ = true;
      return;
    }
    writing_ = true;  // whoever set it asks the handler, without the lock
  }
  while (true) {
    const bool some = handler_.TakeNext(attempt_, &out_);
    absl::MutexLock lock(&mutex_);
    if (released_) {
      writing_ = false;
      return;
    }
    if (some) {
      StartWrite(&out_);
      return;
    }
    if (std::exchange(again_, false)) continue;
    writing_ = false;
    if (leaving_) {
      half_closed_ = true;
      StartWritesDone();
    }
    return;
  }
}

void SessionStream::Leave() {
  {
    absl::MutexLock lock(&mutex_);
    leaving_ = true;
  }
  Pump();
}

void SessionStream::OnReadDone(bool ok) {
  if (net::Guarded("controller_read", [&] { Read(ok); })) return;
  context_.TryCancel();
  Release();
}

void SessionStream::Read(bool ok) {
  if (!ok) {
    Release();
    return;
  }
  absl::Status status = handler_.OnMessage(attempt_, &in_);
  in_.Clear();
  if (!status.ok()) {
    {
      absl::MutexLock lock(&mutex_);
      our_error_ = std::move(status);
    }
    context_.TryCancel();
  }
  StartRead(&in_);  // after a cancel it ends with !ok, which releases the stream
}

void SessionStream::OnWriteDone(bool ok) {
  net::Guarded("controller_write", [&] {
    {
      absl::MutexLock lock(&mutex_);
      writing_ = false;
      again_ = false;
      if (!ok) return;  // the read ends too
    }
    Pump();
  });
}

void SessionStream::Release() {
  absl::MutexLock lock(&mutex_);
  if (std::exchange(released_, true)) return;
  RemoveHold();
}

void SessionStream::OnDone(const grpc::Status& status) {
  absl::Status why = net::FromGrpc(status);
  {
    absl::MutexLock lock(&mutex_);
    if (!our_error_.ok()) why = our_error_;
  }
  handler_.OnEnded(attempt_, std::move(why));
}

}  // namespace quayside::agent
