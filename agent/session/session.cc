#include "agent/session/session.h"

#include <algorithm>
#include <utility>

#include "common/base/backoff.h"
#include "common/base/check.h"
#include "common/base/log.h"
#include "common/base/status.h"
#include "common/wire/convert.h"

namespace quayside::agent {
namespace {

// How long a goodbye may take before the stream is cut.
constexpr absl::Duration kLeaveTimeout = absl::Seconds(2);
constexpr size_t kMaxOutcomes = 16;

}  // namespace

Session::Session(SessionIdentity identity, SessionOptions options, Clock& clock, Random& random,
                 Calls calls)
    : options_(options),
      clock_(clock),
      random_(random),
      calls_(std::move(calls)),
      identity_(std::move(identity)) {}

Session::~Session() {
  absl::MutexLock lock(&mutex_);
  QS_CHECK(stream_ == nullptr);
}

// ---- Link ----

void Session::SetHello(HelloFacts facts) {
  absl::MutexLock lock(&mutex_);
  const bool first = !hello_.has_value();
  hello_ = std::move(facts);
  if (first) calls_.wake();
}

void Session::SendAck(Ack ack) {
  {
    absl::MutexLock lock(&mutex_);
    if (!welcomed_) return;
    ack_ = std::move(ack);
  }
  Pump();
}

void Session::SendReport(Report report) {
  {
    absl::MutexLock lock(&mutex_);
    if (!welcomed_) return;  // the next Connected asks for a whole one
    report_ = std::move(report);
  }
  Pump();
}

void Session::SendHeartbeat(uint64_t sequence, uint64_t report_sequence) {
  {
    absl::MutexLock lock(&mutex_);
    if (!welcomed_) return;
    heartbeat_.emplace();
    heartbeat_->set_sequence(sequence);
    heartbeat_->set_report_sequence(report_sequence);
  }
  Pump();
}

void Session::SendCommandOutcome(CommandOutcome outcome) {
  {
    absl::MutexLock lock(&mutex_);
    if (outcomes_.size() >= kMaxOutcomes) outcomes_.pop_front();
    outcomes_.push_back(std::move(outcome));
  }
  Pump();
}

void Session::Pump() {
  std::shared_ptr<SessionStream> stream;
  {
    absl::MutexLock lock(&mutex_);
    if (!ended_) stream = stream_;
  }
  if (stream != nullptr) stream->Pump();
}

// ---- turns ----

MonoTime Session::Turn() {
  const MonoTime now = clock_.Now();
  ClearAway(now);
  bool open = false;
  std::optional<Named> named;
  {
    absl::MutexLock lock(&mutex_);
    open = stream_ != nullptr;
    named = std::exchange(named_, std::nullopt);
  }
  if (named) calls_.on_welcome(named->fleet, named->host);
  return open ? TurnOpen(now) : TurnIdle(now);
}

void Session::ClearAway(MonoTime now) {
  std::shared_ptr<SessionStream> gone;  // its channel is destroyed without the lock
  std::string reason;
  bool was_connected = false;
  {
    absl::MutexLock lock(&mutex_);
    if (stream_ == nullptr || !ended_) return;
    gone = std::move(stream_);
    stream_ = nullptr;
    was_connected = std::exchange(welcomed_, false);
    if (was_connected && now - welcomed_at_ >= options_.healthy_after) failures_ = 0;
    ++failures_;
    dial_at_ = now + RetryWait();
    ack_.reset();
    report_.reset();
    heartbeat_.reset();
    reason = end_status_.ok() ? "the controller ended the session" : Message(end_status_);
    if (!stopping_) {
      Log(LogLevel::kWarn, was_connected ? "controller_lost" : "controller_not_reached",
          {{"error", reason},
           {"attempt", failures_},
           {"duration_ms", absl::ToInt64Milliseconds(dial_at_ - now)}});
    }
  }
  if (was_connected) calls_.submit(Disconnected{reason});
}

absl::Duration Session::RetryWait() {
  if (go_away_wait_) return *std::exchange(go_away_wait_, std::nullopt);
  const absl::Duration most =
      Backoff{.first = options_.first_retry, .max = options_.max_retry}.After(failures_);
  // Full jitter; but for the first retry never at once, so that a refused agent does not hammer.
  const absl::Duration least =
      failures_ > 1 ? std::min(options_.first_retry, most) : absl::ZeroDuration();
  return least + (most - least) * random_.Unit();
}

MonoTime Session::TurnIdle(MonoTime now) {
  std::shared_ptr<SessionStream> stream;
  {
    absl::MutexLock lock(&mutex_);
    if (stopping_ || !hello_) return MonoTime::Never();
    if (now < dial_at_) return dial_at_;
    ended_ = hello_sent_ = welcomed_ = false;
    dialled_at_ = now;
    stream = stream_ = std::make_shared<SessionStream>(static_cast<SessionStream::Handler&>(*this),
                                                       ++attempt_, identity_.controller);
  }
  stream->Start();
  return now + options_.connect_deadline;
}

MonoTime Session::TurnOpen(MonoTime now) {
  std::shared_ptr<SessionStream> stream;
  MonoTime cut = MonoTime::Never();
  bool leave = false;
  {
    absl::MutexLock lock(&mutex_);
    stream = stream_;
    leave = stopping_;
    if (stopping_) {
      cut = stopping_at_ + kLeaveTimeout;
    } else if (!welcomed_) {
      cut = dialled_at_ + options_.connect_deadline;
    }
  }
  if (now >= cut) {
    stream->Cancel();
    return MonoTime::Never();  // OnEnded wakes
  }
  if (leave) stream->Leave();
  return cut;
}

void Session::Stop() {
  absl::MutexLock lock(&mutex_);
  if (stopping_) return;
  stopping_ = true;
  stopping_at_ = clock_.Now();
  calls_.wake();
}

bool Session::stopped() const {
  absl::MutexLock lock(&mutex_);
  return stopping_ && stream_ == nullptr;
}

// ---- the stream's calls ----

void Session::OnEnded(uint64_t attempt, absl::Status status) {
  absl::MutexLock lock(&mutex_);
  if (attempt != attempt_) return;
  ended_ = true;
  end_status_ = std::move(status);
  calls_.wake();  // with the lock held: afterwards this session may be gone
}

void Session::FillHello(v1::Hello* hello) {
  hello->set_name(identity_.name);
  hello->set_host_id(identity_.host.value);
  hello->set_secret(identity_.secret);
  hello->set_machine_id(identity_.machine_id);
  hello->set_boot_id(identity_.boot_id);
  hello->set_process_nonce(identity_.process_nonce);
  hello->set_agent_version(identity_.agent_version);
  wire::PutMap(identity_.labels, hello->mutable_labels());
  hello->mutable_epoch()->set_value(hello_->epoch.value);
  hello->set_generation(hello_->generation);
  // Only what this process can complete an Assignment with; what the agent has on disk comes again.
  wire::PutIds(specs_.digests(), hello->mutable_spec_digests());
  wire::ToProto(hello_->engine, hello->mutable_engine());
}

bool Session::TakeNext(uint64_t attempt, v1::AgentMessage* message) {
  absl::MutexLock lock(&mutex_);
  if (attempt != attempt_ || ended_) return false;
  message->Clear();
  if (!std::exchange(hello_sent_, true)) {
    FillHello(message->mutable_hello());
    return true;
  }
  if (!welcomed_) return false;
  if (ack_) {
    v1::Ack* ack = message->mutable_ack();
    ack->mutable_epoch()->set_value(ack_->epoch.value);
    ack->set_generation(ack_->generation);
    for (const Rejection& rejection : ack_->rejections) {
      v1::Ack::Reject* reject = ack->add_rejects();
      reject->set_app(rejection.app.value);
      reject->set_reason(wire::CleanText(rejection.reason, wire::kMaxReasonBytes));
    }
    ack->set_error(wire::CleanText(ack_->error, wire::kMaxReasonBytes));
    ack_.reset();
    return true;
  }
  if (report_) {
    wire::ToProto(*report_, message->mutable_report());
    report_.reset();
    return true;
  }
  if (heartbeat_) {
    *message->mutable_heartbeat() = *std::exchange(heartbeat_, std::nullopt);
    return true;
  }
  if (!outcomes_.empty()) {
    v1::CommandResult* result = message->mutable_command_result();
    const CommandOutcome& outcome = outcomes_.front();
    result->set_id(outcome.id);
    result->set_code(static_cast<int>(outcome.status.code()));
    result->set_message(wire::CleanText(Message(outcome.status), wire::kMaxReasonBytes));
    for (const std::string& line : outcome.lines) {
      result->add_lines(wire::CleanText(line, wire::kMaxReasonBytes));
    }
    outcomes_.pop_front();
    return true;
  }
  return false;
}

absl::Status Session::OnMessage(uint64_t attempt, v1::ControllerMessage* message) {
  {
    absl::MutexLock lock(&mutex_);
    if (attempt != attempt_ || ended_) return absl::OkStatus();
  }
  switch (message->kind_case()) {
    case v1::ControllerMessage::kWelcome:
      return HandleWelcome(message->welcome());
    case v1::ControllerMessage::kSpec: {
      absl::MutexLock lock(&mutex_);
      return specs_.Add(SpecDigest(message->spec().digest()),
                        std::move(*message->mutable_spec()->mutable_spec()));
    }
    case v1::ControllerMessage::kAssignment:
      return HandleAssignment(message->assignment());
    case v1::ControllerMessage::kHeartbeatAnswer: {
      const v1::HeartbeatAnswer& answer = message->heartbeat_answer();
      HeartbeatAnswered event{.sequence = answer.sequence(),
                              .committed_report = answer.committed_report()};
      QS_RETURN_IF_ERROR(wire::TakeDuration(answer.heartbeat_period(), "heartbeat_period",
                                            &event.heartbeat_period));
      calls_.submit(std::move(event));
      return absl::OkStatus();
    }
    case v1::ControllerMessage::kCommand: {
      const v1::Command& command = message->command();
      calls_.submit(CommandReceived{
          {.id = command.id(), .gc = command.has_gc(), .gc_dry_run = command.gc().dry_run()}});
      return absl::OkStatus();
    }
    case v1::ControllerMessage::kGoAway:
      HandleGoAway(message->go_away());
      return absl::OkStatus();
    default:
      return absl::OkStatus();  // a newer controller's message: ignored
  }
}

absl::Status Session::HandleWelcome(const v1::Welcome& welcome) {
  Connected event{.fleet = FleetId(welcome.fleet_id()),
                  .host = HostId(welcome.host_id()),
                  .epoch = StoreEpoch(welcome.epoch().value()),
                  .session = welcome.session()};
  if (!IsOwnId(welcome.fleet_id()) || !IsOwnId(welcome.host_id())) {
    return InvalidArgument("the controller's Welcome names no fleet or host");
  }
  QS_RETURN_IF_ERROR(wire::TakeDuration(welcome.heartbeat_period(), "welcome.heartbeat_period",
                                        &event.heartbeat_period));
  QS_RETURN_IF_ERROR(wire::TakeDuration(welcome.lease(), "welcome.lease", &event.lease));
  {
    absl::MutexLock lock(&mutex_);
    identity_.host = event.host;
    welcomed_at_ = clock_.Now();
    welcomed_ = true;  // before the agent hears of it, or its first words would be dropped
    named_ = {event.fleet, event.host};
    calls_.wake();
  }
  Log(LogLevel::kInfo, "controller_connected",
      {{"host", event.host.value}, {"session", event.session}});
  calls_.submit(std::move(event));
  Pump();
  return absl::OkStatus();
}

absl::Status Session::HandleAssignment(const v1::Assignment& message) {
  QS_ASSIGN_OR_RETURN(Assignment assignment, wire::FromProto(message));
  {
    absl::MutexLock lock(&mutex_);
    absl::Status complete =
        specs_.Complete(wire::TakeIds<SpecDigest>(message.spec_digests()), &assignment);
    if (!complete.ok()) {
      specs_.Clear();
      return complete;
    }
  }
  calls_.submit(AssignmentReceived{std::move(assignment)});
  return absl::OkStatus();
}

void Session::HandleGoAway(const v1::GoAway& go_away) {
  absl::Duration least, most;
  if (!wire::TakeDuration(go_away.reconnect_after_min(), "go_away.min", &least).ok() ||
      !wire::TakeDuration(go_away.reconnect_after_max(), "go_away.max", &most).ok()) {
    return;
  }
  least = std::clamp(least, absl::ZeroDuration(), options_.max_go_away);
  most = std::clamp(most, least, options_.max_go_away);
  absl::MutexLock lock(&mutex_);
  go_away_wait_ = least + (most - least) * random_.Unit();
}

}  // namespace quayside::agent
