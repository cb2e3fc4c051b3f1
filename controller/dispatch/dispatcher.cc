#include "controller/dispatch/dispatcher.h"

#include <utility>

#include "common/base/log.h"
#include "common/base/status.h"
#include "common/net/grpc_util.h"
#include "quayside/v1/agent.grpc.pb.h"

namespace quayside::controller {
namespace {

constexpr absl::Duration kTick = absl::Seconds(1);

// A stream that is refused before it has a session.
class RefusedStream final : public AgentSession::Stream {
 public:
  explicit RefusedStream(const absl::Status& why) { Finish(net::ToGrpc(why)); }
  void OnDone() override { delete this; }
};

}  // namespace

// Bytes in, bytes out: messages that go to many agents are serialized once.
class Dispatcher::Service final
    : public v1::AgentService::WithRawCallbackMethod_Session<v1::AgentService::Service> {
 public:
  explicit Service(Dispatcher& dispatcher) : dispatcher_(dispatcher) {}

  AgentSession::Stream* Session(grpc::CallbackServerContext* context) override {
    const SharedSession session = dispatcher_.NewSession();
    if (session == nullptr) {
      return new RefusedStream(
          Unavailable("the controller takes no more sessions now; connect again later"));
    }
    return session->Open(context);
  }

 private:
  Dispatcher& dispatcher_;
};

Dispatcher::Dispatcher(DispatchOptions options, Clock& clock, std::function<bool(CoreEvent)> submit)
    : options_(options),
      clock_(clock),
      submit_(std::move(submit)),
      service_(std::make_unique<Service>(*this)),
      admission_(options.admission),
      thread_([this] { Run(); }) {}

Dispatcher::~Dispatcher() {
  {
    // The server waits for the last OnDone, which may still be on its way out of StreamDone.
    absl::MutexLock lock(&mutex_);
    const auto done = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return sessions_.empty(); };
    mutex_.Await(absl::Condition(&done));
    stopping_ = true;
  }
  thread_.join();
}

grpc::Service* Dispatcher::service() { return service_.get(); }

size_t Dispatcher::sessions() const {
  absl::MutexLock lock(&mutex_);
  return sessions_.size();
}

Dispatcher::SharedSession Dispatcher::NewSession() {
  absl::MutexLock lock(&mutex_);
  if (closing_ || sessions_.size() >= options_.max_sessions) return nullptr;
  const SessionId id = next_id_++;
  auto session =
      std::make_shared<AgentSession>(id, static_cast<SessionOwner&>(*this), options_.limits);
  sessions_.emplace(id, session);
  return session;
}

Dispatcher::SharedSession Dispatcher::Find(SessionId id) {
  absl::MutexLock lock(&mutex_);
  const auto found = sessions_.find(id);
  return found == sessions_.end() ? nullptr : found->second;
}

void Dispatcher::Wake(SharedSession session) {
  absl::MutexLock lock(&mutex_);
  awake_.push_back(std::move(session));
}

Admitted Dispatcher::Admit(const std::string& host) {
  absl::MutexLock lock(&mutex_);
  return admission_.Ask(host, clock_.Now());
}

void Dispatcher::Ended(AgentGone gone) {
  if (submit_(gone)) return;
  absl::MutexLock lock(&mutex_);
  unsaid_.push_back(std::move(gone));
}

void Dispatcher::StreamDone(SessionId session) {
  absl::MutexLock lock(&mutex_);
  sessions_.erase(session);
}

void Dispatcher::Welcome(SessionId session, WelcomeFacts facts) {
  if (SharedSession found = Find(session)) {
    found->PutWelcome(std::move(facts));
    Wake(std::move(found));
  }
}

void Dispatcher::Offer(SessionId session, SharedAssignment assignment) {
  if (SharedSession found = Find(session)) {
    found->PutAssignment(std::move(assignment));
    Wake(std::move(found));
  }
}

void Dispatcher::AnswerHeartbeat(SessionId session, uint64_t sequence, uint64_t committed_report,
                                 absl::Duration period) {
  if (SharedSession found = Find(session)) {
    found->PutHeartbeatAnswer(sequence, committed_report, period);
    Wake(std::move(found));
  }
}

void Dispatcher::SendCommand(SessionId session, std::string id, bool gc_dry_run) {
  SharedSession found = Find(session);
  if (found == nullptr) return;
  if (!found->PutCommand(id, gc_dry_run)) {
    // The caller hears of it as it would from the agent.
    submit_(AgentCommandResult{
        .session = session,
        .id = std::move(id),
        .status = ResourceExhausted("too many commands wait for this host; try again later"),
        .lines = {}});
    return;
  }
  Wake(std::move(found));
}

void Dispatcher::Close(SessionId session, absl::Status why) {
  if (SharedSession found = Find(session)) found->Close(std::move(why));
}

void Dispatcher::GoAway(const std::string& reason, absl::Duration min, absl::Duration max) {
  std::vector<SharedSession> all;
  {
    absl::MutexLock lock(&mutex_);
    closing_ = true;
    for (const auto& [id, session] : sessions_) all.push_back(session);
  }
  const grpc::ByteBuffer message = GoAwayMessage(reason, min, max);
  for (const SharedSession& session : all) session->Close(Unavailable(reason), message);
}

void Dispatcher::Run() {
  MonoTime next_tick = clock_.Now() + kTick;
  std::vector<SharedSession> awake;
  while (true) {
    {
      absl::MutexLock lock(&mutex_);
      const auto due = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
        return stopping_ || !awake_.empty();
      };
      mutex_.AwaitWithTimeout(absl::Condition(&due), next_tick - clock_.Now());
      if (stopping_) return;
      awake.swap(awake_);
    }
    for (const SharedSession& session : awake) session->Pump();
    awake.clear();
    if (const MonoTime now = clock_.Now(); now >= next_tick) {
      Tick(now);
      next_tick = now + kTick;
    }
  }
}

void Dispatcher::Tick(MonoTime now) {
  std::vector<SharedSession> all;
  std::vector<AgentGone> unsaid;
  {
    absl::MutexLock lock(&mutex_);
    admission_.Expire(now);
    unsaid.swap(unsaid_);
    all.reserve(sessions_.size());
    for (const auto& [id, session] : sessions_) all.push_back(session);
  }
  for (AgentGone& gone : unsaid) {
    if (submit_(gone)) continue;
    absl::MutexLock lock(&mutex_);
    unsaid_.push_back(std::move(gone));
  }
  for (const SharedSession& session : all) session->Tick(now);
}

}  // namespace quayside::controller
