// Dispatcher is the controller's end of all agents' streams: the gRPC service AgentService, and the
// core's Fleet. Fleet calls come from the core thread, store what is to be sent and return; one
// thread of its own, `dispatch`, encodes and starts the writes, so that a change to the whole fleet
// does not hold the core up, and watches the sessions' deadlines. What the streams say goes to
// `submit` (the core's mailbox).
// Limits: agent_session.h per stream, admission.h for storms, max_sessions in all.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/base/clock.h"
#include "controller/core/core.h"
#include "controller/dispatch/admission.h"
#include "controller/dispatch/agent_session.h"
#include "controller/dispatch/messages.h"
#include "grpcpp/impl/codegen/service_type.h"

namespace quayside::controller {

struct DispatchOptions {
  AdmissionOptions admission;
  SessionLimits limits;
  size_t max_sessions = 20'000;
};

class Dispatcher final : public Fleet, private SessionOwner {
 public:
  // `submit` hands an event to the core from any thread and never blocks; false when it is full.
  // The clock outlives the dispatcher.
  Dispatcher(DispatchOptions options, Clock& clock, std::function<bool(CoreEvent)> submit);
  // REQUIRES: the gRPC server was shut down.
  ~Dispatcher() override;

  // To be registered with a ServerBuilder; owned by the dispatcher.
  grpc::Service* service();

  // Tells every agent when to come back and ends all sessions; new ones are refused. Call before
  // the server's Shutdown. Returns at once.
  void GoAway(const std::string& reason, absl::Duration min, absl::Duration max);

  // Open sessions, greeted or not.
  size_t sessions() const ABSL_LOCKS_EXCLUDED(mutex_);

  void Welcome(SessionId session, WelcomeFacts facts) override;
  void Offer(SessionId session, SharedAssignment assignment) override;
  void AnswerHeartbeat(SessionId session, uint64_t sequence, uint64_t committed_report,
                       absl::Duration period) override;
  void SendCommand(SessionId session, std::string id, bool gc_dry_run) override;
  void Close(SessionId session, absl::Status why) override;

 private:
  class Service;
  using SharedSession = std::shared_ptr<AgentSession>;

  // SessionOwner.
  bool Submit(CoreEvent event) override { return submit_(std::move(event)); }
  Admitted Admit(const std::string& host) override;
  void Ended(AgentGone gone) override;
  void StreamDone(SessionId session) override;
  Clock& clock() override { return clock_; }
  SpecMessages& specs() override { return specs_; }

  // nullptr when there are too many sessions or none are taken any more.
  SharedSession NewSession() ABSL_LOCKS_EXCLUDED(mutex_);
  SharedSession Find(SessionId id) ABSL_LOCKS_EXCLUDED(mutex_);
  // Has the dispatch thread send what waits.
  void Wake(SharedSession session) ABSL_LOCKS_EXCLUDED(mutex_);
  void Run();
  void Tick(MonoTime now) ABSL_LOCKS_EXCLUDED(mutex_);

  const DispatchOptions options_;
  Clock& clock_;
  const std::function<bool(CoreEvent)> submit_;
  SpecMessages specs_;
  std::unique_ptr<Service> service_;

  mutable absl::Mutex mutex_;
  SessionId next_id_ ABSL_GUARDED_BY(mutex_) = 1;
  std::map<SessionId, SharedSession> sessions_ ABSL_GUARDED_BY(mutex_);  // until their OnDone
  std::vector<SharedSession> awake_ ABSL_GUARDED_BY(mutex_);
  Admission admission_ ABSL_GUARDED_BY(mutex_);
  // Ends that the core's mailbox had no room for; tried again, because presence hangs on them.
  std::vector<AgentGone> unsaid_ ABSL_GUARDED_BY(mutex_);
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace quayside::controller
