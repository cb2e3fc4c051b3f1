#include "controller/api/stream.h"

#include <utility>

#include "common/base/status.h"
#include "common/net/grpc_util.h"
#include "controller/api/views.h"

namespace quayside::controller {

void AdminStream::End(absl::Status status) {
  absl::MutexLock lock(&mutex_);
  if (over()) return;
  end_status_ = std::move(status);
  if (!busy_) FinishOnce();
}

void AdminStream::FinishOnce() {
  if (std::exchange(finished_, true)) return;
  Finish(*end_status_);
}

void AdminStream::Schedule() {
  if (busy_ || over()) return;
  busy_ = true;
  workers_.Post([self = shared_from_this()] { self->Pump(); });
}

void AdminStream::Pump() {
  {
    absl::MutexLock lock(&mutex_);
    if (!over() && !TakeNext()) {
      busy_ = false;
      if (!end_when_empty_) return;
      end_status_ = std::exchange(end_when_empty_, std::nullopt);
    }
    if (over()) {
      busy_ = false;
      FinishOnce();
      return;
    }
  }
  Convert();
  absl::MutexLock lock(&mutex_);
  if (over()) {
    busy_ = false;
    FinishOnce();
  } else {
    StartWrite();
  }
}

void AdminStream::WriteDone(bool ok) {
  {
    absl::MutexLock lock(&mutex_);
    busy_ = false;
    if (ok && !over()) {
      Schedule();
      return;
    }
    if (!over()) end_status_ = Unavailable("the caller has left");
    FinishOnce();
  }
}

template <typename Reply>
class ReplyStream<Reply>::Forwarder final : public Reactor {
 public:
  Forwarder(std::shared_ptr<ReplyStream> stream, std::function<void()> on_done)
      : stream_(std::move(stream)), on_done_(std::move(on_done)) {}

  void OnWriteDone(bool ok) override {
    net::Guarded("admin_write", [&] { stream_->WriteDone(ok); });
  }
  void OnCancel() override {
    net::Guarded("admin_cancel", [&] { stream_->End(Unavailable("the caller has left")); });
  }
  void OnDone() override {
    net::Guarded("admin_done", [&] {
      {
        absl::MutexLock lock(&stream_->mutex_);
        stream_->reactor_ = nullptr;
      }
      on_done_();
    });
    delete this;
  }

 private:
  const std::shared_ptr<ReplyStream> stream_;
  const std::function<void()> on_done_;
};

template <typename Reply>
typename ReplyStream<Reply>::Reactor* ReplyStream<Reply>::Open(std::function<void()> on_done) {
  auto* reactor =
      new Forwarder(std::static_pointer_cast<ReplyStream>(shared_from_this()), std::move(on_done));
  absl::MutexLock lock(&mutex_);
  reactor_ = reactor;
  return reactor;
}

template <typename Reply>
void ReplyStream<Reply>::Finish(const absl::Status& status) {
  reactor_->Finish(net::ToGrpc(status));
}

template class ReplyStream<v1::WatchReply>;
template class ReplyStream<v1::BackupReply>;

// ---- watch ----

void WatchStream::PutStatus(AppStatusView status) {
  absl::MutexLock lock(&mutex_);
  if (over()) return;
  status_ = std::move(status);
  Schedule();
}

void WatchStream::PutEvent(EventRow event) {
  {
    absl::MutexLock lock(&mutex_);
    if (over()) return;
    if (events_.size() < kMaxEvents) {
      events_.push_back(std::move(event));
      Schedule();
      return;
    }
  }
  End(ResourceExhausted("this watcher reads too slowly: 1024 events wait; watch again"));
}

bool WatchStream::TakeNext() {
  next_status_ = std::exchange(status_, std::nullopt);
  if (next_status_) return true;
  if (events_.empty()) return false;
  next_event_ = std::move(events_.front());
  events_.pop_front();
  return true;
}

void WatchStream::Convert() {
  reply_.Clear();
  if (next_status_) {
    Fill(*next_status_, reply_.mutable_status());
  } else {
    Fill(next_event_, reply_.mutable_event());
  }
}

// ---- backup ----

bool BackupStream::PutChunk(std::string chunk) {
  absl::MutexLock lock(&mutex_);
  if (over()) return false;
  bytes_ += chunk.size();
  chunks_.push_back(std::move(chunk));
  Schedule();
  return true;
}

bool BackupStream::HasRoom() const {
  absl::MutexLock lock(&mutex_);
  return bytes_ < kMaxBytes || over();
}

void BackupStream::Complete(absl::Status status) {
  absl::MutexLock lock(&mutex_);
  if (over()) return;
  end_when_empty_ = std::move(status);
  Schedule();
}

bool BackupStream::TakeNext() {
  if (chunks_.empty()) return false;
  reply_.set_chunk(std::move(chunks_.front()));
  chunks_.pop_front();
  bytes_ -= reply_.chunk().size();
  return true;
}

}  // namespace quayside::controller
