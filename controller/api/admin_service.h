// AdminService answers `ctl`: it reads requests, checks their limits, asks the core and writes the
// replies. Nothing here decides. gRPC's threads only hand over; reading large requests and writing
// replies happens on the `api` threads (workers.h), resolving images wherever `resolve` does it.
//
// Who may call: until there are certificates, only who can open the unix socket (its file
// permissions say who that is); a call that came over TCP is refused.
// Limits: 256 calls and 64 watches at a time; texts of a request at most 255 bytes; an app at most
// what validate.h says.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"
#include "controller/api/call.h"
#include "controller/api/stream.h"
#include "controller/api/views.h"
#include "controller/api/workers.h"
#include "controller/core/core.h"
#include "grpcpp/server_context.h"
#include "quayside/v1/admin.grpc.pb.h"

namespace quayside::controller {

struct AdminOptions {
  std::string by;  // who calls over the socket, for revisions and events: "root (uid 0)"
  int threads = 2;
  int max_calls = 256;
  int max_streams = 64;
};

class AdminService final : public v1::AdminService::CallbackService {
 public:
  // Hands a request to the core; false when it is full. Never blocks.
  using Submit = std::function<bool(CoreEvent)>;
  // Asks the registries what these images are now; `done` runs once, on any thread. Called on the
  // core thread, so it must return at once.
  using Resolved = absl::AnyInvocable<void(absl::StatusOr<ResolvedImages>)>;
  using Resolve = std::function<void(std::set<std::string> images, Resolved done)>;

  AdminService(AdminOptions options, Submit submit, Resolve resolve);
  // REQUIRES: the gRPC server was shut down, and the core has answered or dropped every request.
  ~AdminService() override;

  // Ends watches and backups, so that the server can shut down. Later ones are refused.
  void EndStreams() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  using Context = grpc::CallbackServerContext;
  using Reactor = grpc::ServerUnaryReactor;

  // Reading (admin_read.cc).
  Reactor* GetVersion(Context*, const v1::GetVersionRequest*, v1::GetVersionReply*) override;
  Reactor* ListHosts(Context*, const v1::ListHostsRequest*, v1::ListHostsReply*) override;
  Reactor* ListApps(Context*, const v1::ListAppsRequest*, v1::ListAppsReply*) override;
  Reactor* ListInstances(Context*, const v1::ListInstancesRequest*,
                         v1::ListInstancesReply*) override;
  Reactor* GetStatus(Context*, const v1::GetStatusRequest*, v1::GetStatusReply*) override;
  Reactor* GetHistory(Context*, const v1::GetHistoryRequest*, v1::GetHistoryReply*) override;
  Reactor* InspectApp(Context*, const v1::InspectAppRequest*, v1::InspectAppReply*) override;
  Reactor* InspectInstance(Context*, const v1::InspectInstanceRequest*,
                           v1::InspectInstanceReply*) override;
  Reactor* Explain(Context*, const v1::ExplainRequest*, v1::ExplainReply*) override;
  Reactor* ListEvents(Context*, const v1::ListEventsRequest*, v1::ListEventsReply*) override;
  Reactor* GetRecovery(Context*, const v1::GetRecoveryRequest*, v1::GetRecoveryReply*) override;
  Reactor* Doctor(Context*, const v1::DoctorRequest*, v1::DoctorReply*) override;

  // Changing an app, and what resolves images (admin_change.cc).
  Reactor* Plan(Context*, const v1::PlanRequest*, v1::PlanReply*) override;
  Reactor* Apply(Context*, const v1::ApplyRequest*, v1::ChangeReply*) override;
  Reactor* Deploy(Context*, const v1::DeployRequest*, v1::ChangeReply*) override;
  Reactor* Scale(Context*, const v1::ScaleRequest*, v1::ChangeReply*) override;
  Reactor* Restart(Context*, const v1::RestartRequest*, v1::ChangeReply*) override;
  Reactor* SetStopped(Context*, const v1::SetStoppedRequest*, v1::ChangeReply*) override;
  Reactor* Rollback(Context*, const v1::RollbackRequest*, v1::ChangeReply*) override;
  Reactor* RemoveApp(Context*, const v1::RemoveAppRequest*, v1::ChangeReply*) override;

  // Hosts and the house (admin_host.cc).
  Reactor* LabelHost(Context*, const v1::LabelHostRequest*, v1::LabelHostReply*) override;
  Reactor* RemoveHost(Context*, const v1::RemoveHostRequest*, v1::RemoveHostReply*) override;
  Reactor* ConfirmHost(Context*, const v1::ConfirmHostRequest*, v1::ConfirmHostReply*) override;
  Reactor* AdoptHost(Context*, const v1::AdoptHostRequest*, v1::AdoptHostReply*) override;
  Reactor* MoveSlot(Context*, const v1::MoveSlotRequest*, v1::ChangeReply*) override;
  Reactor* AcceptRecovery(Context*, const v1::AcceptRecoveryRequest*,
                          v1::AcceptRecoveryReply*) override;
  Reactor* CollectGarbage(Context*, const v1::CollectGarbageRequest*,
                          v1::CollectGarbageReply*) override;

  // Streams (admin_stream.cc).
  grpc::ServerWriteReactor<v1::WatchReply>* Watch(Context*, const v1::WatchRequest*) override;
  grpc::ServerWriteReactor<v1::BackupReply>* Backup(Context*, const v1::BackupRequest*) override;

  // kUnauthenticated for a caller that is not on the socket, kResourceExhausted when too many calls
  // are in flight.
  absl::Status Admit(const Context& context);
  // Refuses a text longer than 255 bytes; `field` names it.
  static absl::Status CheckText(const std::string& text, const char* field);
  // The same for a name that the call cannot do without.
  static absl::Status CheckName(const std::string& name, const char* field);
  // The caller of a change. kInvalidArgument without an acceptable request id.
  template <typename Message>
  absl::StatusOr<Caller> MakeCaller(const Message& request) const {
    return MakeCaller(request.request_id(), request.SerializeAsString());
  }
  absl::StatusOr<Caller> MakeCaller(const std::string& request_id, const std::string& body) const;

  // Asks the core and finishes `call` with its answer. `Question` is a Request with a `done`.
  template <typename Question, typename Reply>
  void Send(Call call, Reply* reply, Question question) {
    question.done = Answering(std::move(call), reply, question.done);
    submit_(
        Request(std::move(question)));  // one that is refused is dropped, which answers the call
  }
  // Of the type that the third argument has.
  template <typename Reply, typename Value>
  Answer<Value> Answering(Call call, Reply* reply, const Answer<Value>&) {
    return [this, call = std::move(call), reply](absl::StatusOr<Value> value) mutable {
      workers_.Post([call = std::move(call), reply, value = std::move(value)]() mutable {
        call.Finish(value.ok() ? Fill(*value, reply) : value.status());
      });
    };
  }
  // A call that needs nothing but its question. `make` reads the request; an error of it is the
  // answer.
  template <typename Reply, typename Make>
  Reactor* Ask(Context* context, Reply* reply, Make make) {
    Reactor* reactor = context->DefaultReactor();
    Call call(reactor, &in_flight_);
    absl::Status admitted = Admit(*context);
    if (!admitted.ok()) {
      call.Finish(admitted);
      return reactor;
    }
    auto question = make();
    if (question.ok()) {
      Send(std::move(call), reply, *std::move(question));
    } else {
      call.Finish(question.status());
    }
    return reactor;
  }
  // The same on an api thread, for a request that is long to read: `body(call)`.
  template <typename Body>
  Reactor* Read(Context* context, Body body);
  // Takes a ticket (R24), then resolves `images`, then calls `then(call, ticket, resolved)`.
  template <typename Then>
  void ResolveThen(Call call, std::set<std::string> images, Then then, TakeTicket take = {});

  // Registers a stream; kResourceExhausted when there are too many, kUnavailable when ending.
  absl::Status AddStream(AdminStream* stream) ABSL_LOCKS_EXCLUDED(mutex_);
  // `watch` is told to the core as ended; 0 = none.
  void DropStream(AdminStream* stream, uint64_t watch) ABSL_LOCKS_EXCLUDED(mutex_);

  const AdminOptions options_;
  const Submit submit_;
  const Resolve resolve_;
  std::atomic<int> in_flight_ = 0;
  std::atomic<uint64_t> next_watch_ = 1;

  absl::Mutex mutex_;
  std::set<AdminStream*> streams_ ABSL_GUARDED_BY(mutex_);
  // Watches whose end the core had no room for; said again with the next stream that comes or goes.
  std::vector<uint64_t> unsaid_stops_ ABSL_GUARDED_BY(mutex_);
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;

  Workers workers_;  // last: its threads use the rest
};

}  // namespace quayside::controller
