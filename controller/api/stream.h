// The streams of the admin service: what the core tells (a watch, a backup) is stored here,
// bounded, and written one message at a time. The core's closures share ownership, so they may be
// called after the caller has left; then they do nothing.
//
// Threads: the core puts, api threads convert and start writes, gRPC's threads react. All state is
// under one mutex; conversion happens without it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "controller/api/workers.h"
#include "controller/core/requests.h"
#include "grpcpp/support/server_callback.h"
#include "quayside/v1/admin.pb.h"

namespace quayside::controller {

// One server stream of `Reply`s. What is to be written next comes from the derived class.
class AdminStream : public std::enable_shared_from_this<AdminStream> {
 public:
  explicit AdminStream(Workers& workers) : workers_(workers) {}
  virtual ~AdminStream() = default;

  // Ends the stream with `status` once the write in flight is done. Any thread.
  void End(absl::Status status) ABSL_LOCKS_EXCLUDED(mutex_);

 protected:
  bool over() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return end_status_.has_value(); }
  // Has an api thread write what waits, unless it is about to.
  void Schedule() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // What a stream of one message type adds. Called by one thread at a time, with the lock…
  virtual bool TakeNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) = 0;  // false = nothing waits
  virtual void StartWrite() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) = 0;
  virtual void Finish(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) = 0;
  // … and without.
  virtual void Convert() = 0;

  // Reactions.
  void WriteDone(bool ok) ABSL_LOCKS_EXCLUDED(mutex_);

  mutable absl::Mutex mutex_;
  // Set when the caller should learn of an end after all that waits was written.
  std::optional<absl::Status> end_when_empty_ ABSL_GUARDED_BY(mutex_);

 private:
  void Pump() ABSL_LOCKS_EXCLUDED(mutex_);
  void FinishOnce() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Workers& workers_;
  bool busy_ ABSL_GUARDED_BY(mutex_) = false;  // scheduled, converting or writing
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<absl::Status> end_status_ ABSL_GUARDED_BY(mutex_);
};

// The gRPC side of a stream of `Reply`s.
template <typename Reply>
class ReplyStream : public AdminStream {
 public:
  using Reactor = grpc::ServerWriteReactor<Reply>;
  using AdminStream::AdminStream;

  // Makes the reactor; `on_done` runs once gRPC is done with it. Call once.
  Reactor* Open(std::function<void()> on_done) ABSL_LOCKS_EXCLUDED(mutex_);

 protected:
  Reply reply_;  // written by Convert, gRPC's during a write

 private:
  class Forwarder;
  void StartWrite() override ABSL_EXCLUSIVE_LOCKS_REQUIRED(this->mutex_) {
    reactor_->StartWrite(&reply_);
  }
  void Finish(const absl::Status& status) override ABSL_EXCLUSIVE_LOCKS_REQUIRED(this->mutex_);

  Reactor* reactor_ ABSL_GUARDED_BY(this->mutex_) = nullptr;
};

// A watch: the latest status wins; at most 1,024 events wait, then the watch is ended.
class WatchStream final : public ReplyStream<v1::WatchReply> {
 public:
  static constexpr size_t kMaxEvents = 1'024;
  using ReplyStream::ReplyStream;

  void PutStatus(AppStatusView status) ABSL_LOCKS_EXCLUDED(mutex_);
  void PutEvent(EventRow event) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  bool TakeNext() override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Convert() override;

  std::optional<AppStatusView> status_ ABSL_GUARDED_BY(mutex_);
  std::deque<EventRow> events_ ABSL_GUARDED_BY(mutex_);
  // What Convert turns into reply_.
  std::optional<AppStatusView> next_status_;
  EventRow next_event_;
};

// A backup on its way: the core is asked to wait while 8 MiB are unsent.
class BackupStream final : public ReplyStream<v1::BackupReply> {
 public:
  static constexpr size_t kMaxBytes = 8 << 20;
  using ReplyStream::ReplyStream;

  // False when the caller has left.
  bool PutChunk(std::string chunk) ABSL_LOCKS_EXCLUDED(mutex_);
  bool HasRoom() const ABSL_LOCKS_EXCLUDED(mutex_);
  // Ends the stream after what waits.
  void Complete(absl::Status status) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  bool TakeNext() override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Convert() override {}

  std::deque<std::string> chunks_ ABSL_GUARDED_BY(mutex_);
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace quayside::controller
