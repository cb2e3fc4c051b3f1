#include "agent/session/session_thread.h"

namespace quayside::agent {

void SessionThread::Wake() {
  absl::MutexLock lock(&mutex_);
  awake_ = true;
}

void SessionThread::Start(Session& session) {
  session_ = &session;
  thread_ = std::thread([this] { Run(); });
}

void SessionThread::Stop() {
  if (!thread_.joinable()) return;
  session_->Stop();
  thread_.join();
}

void SessionThread::Run() {
  while (true) {
    const MonoTime next = session_->Turn();
    if (session_->stopped()) return;
    absl::MutexLock lock(&mutex_);
    if (next.is_never()) {
      mutex_.Await(absl::Condition(&awake_));
    } else {
      mutex_.AwaitWithTimeout(absl::Condition(&awake_), next - clock_.Now());
    }
    awake_ = false;
  }
}

}  // namespace quayside::agent
