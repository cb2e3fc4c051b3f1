#include "controller/dispatch/agent_session.h"

#include <algorithm>
#include <utility>

#include "common/base/log.h"
#include "common/net/grpc_util.h"
#include "common/wire/convert.h"

namespace quayside::controller {

namespace pb = quayside::v1;

// What gRPC calls. It only forwards; the shared session outlives it.
class AgentSession::Reactor final : public AgentSession::Stream {
 public:
  explicit Reactor(std::shared_ptr<AgentSession> session) : session_(std::move(session)) {}

  void OnReadDone(bool ok) override {
    Run("agent_read", [&] { session_->OnReadDone(ok); });
  }
  void OnWriteDone(bool ok) override {
    Run("agent_write", [&] { session_->OnWriteDone(ok); });
  }
  void OnCancel() override {
    Run("agent_cancel", [&] { session_->OnCancel(); });
  }
  void OnDone() override {
    net::Guarded("agent_done", [&] { session_->OnDone(); });
    delete this;
  }

 private:
  template <typename Body>
  void Run(const char* reaction, Body&& body) {
    if (net::Guarded(reaction, body)) return;
    net::Guarded(reaction, [&] {
      session_->End(Internal("the controller failed while handling this session"), false);
    });
  }

  const std::shared_ptr<AgentSession> session_;
};

AgentSession::AgentSession(SessionId id, SessionOwner& owner, const SessionLimits& limits)
    : id_(id), owner_(owner), limits_(limits), read_tokens_(limits.read_burst_bytes) {}

AgentSession::Stream* AgentSession::Open(grpc::CallbackServerContext* context) {
  auto* reactor = new Reactor(shared_from_this());
  absl::MutexLock lock(&mutex_);
  stream_ = reactor;
  context_ = context;
  opened_at_ = read_at_ = owner_.clock().Now();
  stream_->StartRead(&in_);
  return reactor;
}

// ---- what to send ----

void AgentSession::PutWelcome(WelcomeFacts facts) {
  absl::MutexLock lock(&mutex_);
  welcome_ = std::move(facts);
}

void AgentSession::PutAssignment(SharedAssignment assignment) {
  absl::MutexLock lock(&mutex_);
  next_ = std::move(assignment);
}

void AgentSession::PutHeartbeatAnswer(uint64_t sequence, uint64_t committed_report,
                                      absl::Duration period) {
  absl::MutexLock lock(&mutex_);
  answer_ = {sequence, committed_report, period};
}

bool AgentSession::PutCommand(std::string id, bool gc_dry_run) {
  absl::MutexLock lock(&mutex_);
  if (ended_ || commands_.size() >= limits_.max_commands) return false;
  commands_.push_back({std::move(id), gc_dry_run});
  return true;
}

void AgentSession::Close(absl::Status why, std::optional<grpc::ByteBuffer> go_away) {
  End(std::move(why), false, std::move(go_away));
}

void AgentSession::Pump() {
  absl::MutexLock lock(&mutex_);
  PumpLocked();
}

void AgentSession::PumpLocked() {
  if (stream_ == nullptr || writing_ || finished_) return;
  if (ended_) {
    finished_ = true;
    if (go_away_) {
      out_ = *std::exchange(go_away_, std::nullopt);
      stream_->StartWriteAndFinish(&out_, grpc::WriteOptions(), net::ToGrpc(end_status_));
    } else {
      stream_->Finish(net::ToGrpc(end_status_));
    }
    return;
  }
  if (!TakeNext()) return;
  writing_ = true;
  write_started_at_ = owner_.clock().Now();
  stream_->StartWrite(&out_);
}

bool AgentSession::TakeNext() {
  if (welcome_) {
    out_ = WelcomeMessage(*std::exchange(welcome_, std::nullopt));
    welcomed_ = true;
    return true;
  }
  if (!welcomed_) return false;
  if (answer_) {
    out_ = HeartbeatAnswerMessage(answer_->sequence, answer_->committed_report, answer_->period);
    answer_.reset();
    return true;
  }
  if (!commands_.empty()) {
    out_ = GcCommandMessage(commands_.front().id, commands_.front().gc_dry_run);
    commands_.pop_front();
    return true;
  }
  // A newer Assignment replaces one whose specs are still on their way; those that were sent are
  // known.
  if (next_ != nullptr) TakeAssignment();
  if (current_ == nullptr) return false;
  if (!specs_to_send_.empty()) {
    const SpecDigest digest = std::move(specs_to_send_.front());
    specs_to_send_.pop_front();
    out_ = owner_.specs().Get(digest, current_->specs.at(digest));
    known_specs_.insert(digest);
    return true;
  }
  out_ = AssignmentMessage(*current_);
  writing_assignment_ = true;
  sent_generation_ = current_->generation;
  // Both sides forget what the Assignment does not name: what a session holds is bounded by it.
  const SharedAssignment sent = std::exchange(current_, nullptr);
  std::erase_if(known_specs_,
                [&](const SpecDigest& digest) { return !sent->specs.contains(digest); });
  return true;
}

void AgentSession::TakeAssignment() {
  current_ = std::exchange(next_, nullptr);
  specs_to_send_.clear();
  for (const auto& [digest, spec] : current_->specs) {
    if (!known_specs_.contains(digest)) specs_to_send_.push_back(digest);
  }
}

void AgentSession::OnWriteDone(bool ok) {
  {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    out_.Clear();
    // The Ack may have overtaken this reaction.
    if (std::exchange(writing_assignment_, false) && ok && acked_generation_ != sent_generation_) {
      ack_due_ = owner_.clock().Now() + limits_.ack_timeout;
    }
    if (ok || ended_) {
      PumpLocked();
      return;
    }
  }
  End(Unavailable("the connection to the agent broke while sending"), true);
}

// ---- what comes in ----

void AgentSession::OnReadDone(bool ok) {
  if (!ok) {
    bool reset = false;
    {
      absl::MutexLock lock(&mutex_);
      reset = context_ != nullptr && context_->IsCancelled();
    }
    End(absl::OkStatus(), reset);
    return;
  }
  const size_t bytes = in_.Length();
  const absl::Status status = Handle(&in_);
  in_.Clear();
  if (!status.ok()) {
    End(status, false);
    return;
  }
  absl::MutexLock lock(&mutex_);
  if (finished_ || ended_ || stream_ == nullptr) return;
  if (ChargeRead(bytes)) {
    stream_->StartRead(&in_);
  } else {
    read_paused_ = true;
  }
}

bool AgentSession::ChargeRead(size_t bytes) {
  const MonoTime now = owner_.clock().Now();
  read_tokens_ =
      std::min(limits_.read_burst_bytes, read_tokens_ + absl::ToDoubleSeconds(now - read_at_) *
                                                            limits_.read_bytes_per_second);
  read_at_ = now;
  read_tokens_ -= std::max(static_cast<double>(bytes), limits_.min_message_cost);
  return read_tokens_ > 0;
}

absl::Status AgentSession::Handle(grpc::ByteBuffer* bytes) {
  QS_ASSIGN_OR_RETURN(const pb::AgentMessage message, ParseAgentMessage(bytes));
  if (message.kind_case() == pb::AgentMessage::kHello) return HandleHello(message.hello());
  {
    absl::MutexLock lock(&mutex_);
    if (!greeted_) return FailedPrecondition("the first message of a session must be Hello");
  }
  switch (message.kind_case()) {
    case pb::AgentMessage::kAck:
      return HandleAck(message.ack());
    case pb::AgentMessage::kReport: {
      QS_ASSIGN_OR_RETURN(Report report, wire::FromProto(message.report()));
      return SubmitOrRefuse(AgentReport{id_, std::move(report)});
    }
    case pb::AgentMessage::kHeartbeat:
      return SubmitOrRefuse(AgentHeartbeat{id_, message.heartbeat().sequence(),
                                           message.heartbeat().report_sequence()});
    case pb::AgentMessage::kCommandResult: {
      QS_ASSIGN_OR_RETURN(AgentCommandResult result,
                          CommandResultFromProto(id_, message.command_result()));
      return SubmitOrRefuse(std::move(result));
    }
    default:
      return absl::OkStatus();  // a newer agent's message: ignored
  }
}

absl::Status AgentSession::HandleHello(const pb::Hello& hello) {
  {
    absl::MutexLock lock(&mutex_);
    if (greeted_) return FailedPrecondition("a session has one Hello");
  }
  QS_ASSIGN_OR_RETURN(AgentHello event, HelloFromProto(id_, hello));
  const Admitted admitted = owner_.Admit(hello.name());
  if (admitted.wait > absl::ZeroDuration()) {
    const absl::Status busy = ResourceExhausted(admitted.reason + "; come back in " +
                                                absl::FormatDuration(admitted.wait));
    End(busy, false, GoAwayMessage(Message(busy), admitted.wait, admitted.wait * 2));
    return absl::OkStatus();
  }
  {
    absl::MutexLock lock(&mutex_);
    if (ended_) return absl::OkStatus();
    greeted_ = true;
    for (const std::string& digest : hello.spec_digests()) known_specs_.emplace(digest);
  }
  return SubmitOrRefuse(std::move(event));
}

absl::Status AgentSession::HandleAck(const pb::Ack& ack) {
  QS_ASSIGN_OR_RETURN(AgentAck event, AckFromProto(id_, ack));
  {
    absl::MutexLock lock(&mutex_);
    acked_generation_ = ack.generation();
    if (acked_generation_ == sent_generation_) ack_due_ = MonoTime::Never();
  }
  return SubmitOrRefuse(std::move(event));
}

absl::Status AgentSession::SubmitOrRefuse(CoreEvent event) {
  if (owner_.Submit(std::move(event))) return absl::OkStatus();
  return ResourceExhausted("the controller is overloaded; the agent connects again later");
}

// ---- the end ----

void AgentSession::OnCancel() { End(Unavailable("the connection to the agent is gone"), true); }

void AgentSession::End(absl::Status status, bool reset, std::optional<grpc::ByteBuffer> go_away) {
  bool known_to_core = false;
  const std::string reason = status.ok() ? "the agent left" : Message(status);
  {
    absl::MutexLock lock(&mutex_);
    if (ended_) return;
    ended_ = true;
    known_to_core = greeted_;
    end_status_ = std::move(status);
    go_away_ = std::move(go_away);
    // What waited goes nowhere.
    next_ = current_ = nullptr;
    commands_.clear();
    PumpLocked();
  }
  if (known_to_core) {
    owner_.Ended(AgentGone{.session = id_, .reason = reason, .reset = reset});
  }
}

void AgentSession::OnDone() {
  {
    absl::MutexLock lock(&mutex_);
    stream_ = nullptr;
    context_ = nullptr;
    finished_ = true;
  }
  // A stream that was done without any other reaction still ends its session.
  End(Unavailable("the connection to the agent is gone"), true);
  owner_.StreamDone(id_);
}

void AgentSession::Tick(MonoTime now) {
  absl::Status overdue;
  {
    absl::MutexLock lock(&mutex_);
    if (stream_ == nullptr) return;
    if (writing_ && now - write_started_at_ > limits_.write_timeout) {
      Log(LogLevel::kWarn, "agent_write_stuck", {{"session", id_}});
      context_->TryCancel();
      return;
    }
    if (finished_ || ended_) return;
    if (!greeted_ && now - opened_at_ > limits_.hello_timeout) {
      overdue = DeadlineExceeded("no Hello came within 10 seconds");
    } else if (now > ack_due_) {
      overdue = DeadlineExceeded("the Assignment was not acknowledged within 30 seconds");
    } else if (read_paused_) {
      const double refill = absl::ToDoubleSeconds(now - read_at_) * limits_.read_bytes_per_second;
      if (read_tokens_ + refill > 0) {
        read_paused_ = false;
        stream_->StartRead(&in_);
      }
    }
  }
  if (!overdue.ok()) End(overdue, false);
}

}  // namespace quayside::controller
