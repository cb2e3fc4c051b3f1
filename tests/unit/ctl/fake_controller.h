// An AdminService on a unix socket in a temporary directory that answers what a test tells it to,
// and a way to run `ctl` against it inside the test.
#pragma once

#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/random.h"
#include "ctl/session.h"
#include "quayside/v1/admin.grpc.pb.h"

namespace quayside::ctl {

// A new empty directory, removed at the end.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string path = testing::TempDir() + "qs-ctl-XXXXXX";
    EXPECT_NE(mkdtemp(path.data()), nullptr);
    path_ = path;
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }
  std::string Write(const std::string& name, const std::string& content) const {
    std::ofstream(path_ + "/" + name) << content;
    return path_ + "/" + name;
  }

 private:
  std::string path_;
};

// Answers by hooks; a hook that is not set answers UNIMPLEMENTED. Every request is counted.
class FakeAdminService final : public v1::AdminService::Service {
 public:
  template <typename Request, typename Reply>
  using Hook = std::function<grpc::Status(const Request&, Reply&)>;

#define QS_FAKE_CALL(Name, Reply)                                                              \
  Hook<v1::Name##Request, v1::Reply> on_##Name;                                                \
  grpc::Status Name(grpc::ServerContext*, const v1::Name##Request* request, v1::Reply* reply)  \
      override {                                                                               \
    if (!on_##Name) return grpc::Status(grpc::StatusCode::UNIMPLEMENTED, #Name " is no hook"); \
    return on_##Name(*request, *reply);                                                        \
  }
  QS_FAKE_CALL(GetVersion, GetVersionReply)
  QS_FAKE_CALL(ListHosts, ListHostsReply)
  QS_FAKE_CALL(ListApps, ListAppsReply)
  QS_FAKE_CALL(ListInstances, ListInstancesReply)
  QS_FAKE_CALL(GetStatus, GetStatusReply)
  QS_FAKE_CALL(GetHistory, GetHistoryReply)
  QS_FAKE_CALL(InspectApp, InspectAppReply)
  QS_FAKE_CALL(InspectInstance, InspectInstanceReply)
  QS_FAKE_CALL(Explain, ExplainReply)
  QS_FAKE_CALL(ListEvents, ListEventsReply)
  QS_FAKE_CALL(GetRecovery, GetRecoveryReply)
  QS_FAKE_CALL(Doctor, DoctorReply)
  QS_FAKE_CALL(Plan, PlanReply)
  QS_FAKE_CALL(Apply, ChangeReply)
  QS_FAKE_CALL(Deploy, ChangeReply)
  QS_FAKE_CALL(Scale, ChangeReply)
  QS_FAKE_CALL(Restart, ChangeReply)
  QS_FAKE_CALL(SetStopped, ChangeReply)
  QS_FAKE_CALL(Rollback, ChangeReply)
  QS_FAKE_CALL(RemoveApp, ChangeReply)
  QS_FAKE_CALL(LabelHost, LabelHostReply)
  QS_FAKE_CALL(RemoveHost, RemoveHostReply)
  QS_FAKE_CALL(ConfirmHost, ConfirmHostReply)
  QS_FAKE_CALL(AdoptHost, AdoptHostReply)
  QS_FAKE_CALL(MoveSlot, ChangeReply)
  QS_FAKE_CALL(AcceptRecovery, AcceptRecoveryReply)
  QS_FAKE_CALL(CollectGarbage, CollectGarbageReply)
#undef QS_FAKE_CALL

  // What one Watch after the other sends and how it ends then; with none left, a Watch stays open
  // until its caller leaves.
  struct WatchScript {
    std::vector<v1::WatchReply> replies;
    grpc::Status end;
  };
  std::deque<WatchScript> watches;
  std::vector<v1::WatchRequest> watch_requests;
  std::function<void()> on_watch;  // when a Watch begins: the caller has the answers before it

  grpc::Status Watch(grpc::ServerContext* context, const v1::WatchRequest* request,
                     grpc::ServerWriter<v1::WatchReply>* writer) override {
    if (on_watch) on_watch();
    WatchScript script;
    bool scripted = false;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      watch_requests.push_back(*request);
      if (!watches.empty()) {
        script = watches.front();
        watches.pop_front();
        scripted = true;
      }
    }
    for (const v1::WatchReply& reply : script.replies) writer->Write(reply);
    if (scripted) return script.end;
    // A stream that says nothing more: writes of empty messages fail once the caller has left.
    while (!context->IsCancelled() && writer->Write(v1::WatchReply())) {
      std::unique_lock<std::mutex> lock(mutex_);
      idle_.wait_for(lock, std::chrono::milliseconds(5));
    }
    return grpc::Status::OK;
  }

  std::vector<std::string> backup_chunks;
  grpc::Status backup_end;
  grpc::Status Backup(grpc::ServerContext*, const v1::BackupRequest*,
                      grpc::ServerWriter<v1::BackupReply>* writer) override {
    for (const std::string& chunk : backup_chunks) {
      v1::BackupReply reply;
      reply.set_chunk(chunk);
      writer->Write(reply);
    }
    return backup_end;
  }

 private:
  std::mutex mutex_;
  std::condition_variable idle_;
};

// What one run of `ctl` left behind.
struct Outcome {
  int code = 0;
  std::string out, err;
};

// A fake controller and the `ctl` that talks to it.
class CtlTest : public testing::Test {
 protected:
  CtlTest() {
    context_path_ = directory_.Write(
        "admin.context", R"({"name":"local","socket":")" + directory_.path() + R"(/ctl.sock"})");
    environment_["HOME"] = directory_.path();
    limits_.reach_to_read = absl::Milliseconds(200);
    limits_.reach_to_change = absl::Milliseconds(200);
  }

  void SetUp() override { Serve(); }
  void TearDown() override { StopServing(); }

  void Serve() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("unix:" + directory_.path() + "/ctl.sock",
                             grpc::InsecureServerCredentials());
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
  }
  void StopServing() {
    if (server_ == nullptr) return;
    server_->Shutdown(absl::ToChronoTime(clock_.Wall()));
    server_->Wait();
    server_.reset();
  }

  Outcome Ctl(const std::vector<std::string>& arguments, const std::string& input = "",
              bool terminal = false) {
    std::istringstream in(input);
    std::ostringstream out, err;
    Console console{.in = in,
                    .out = out,
                    .err = err,
                    .in_terminal = terminal,
                    .out_terminal = terminal,
                    .err_terminal = terminal,
                    .color = false,
                    .width = 80};
    Outcome outcome;
    outcome.code = ctl::Run(arguments, environment_, console, clock_, random_,
                            {.admin_context_path = context_path_, .limits = limits_});
    outcome.out = out.str();
    outcome.err = err.str();
    return outcome;
  }

  TemporaryDirectory directory_;
  std::string context_path_;
  Environment environment_;
  ClientLimits limits_;
  SystemClock clock_;
  SeededRandom random_{1};
  FakeAdminService service_;
  std::unique_ptr<grpc::Server> server_;
};

// A status whose rollout r1 to revision 2 is in `state`.
inline v1::AppStatus RolloutStatusOf(const std::string& app, const std::string& state) {
  v1::AppStatus status;
  status.set_app(app);
  status.set_revision(2);
  status.set_converged(state == "succeeded");
  v1::Rollout* rollout = status.mutable_rollout();
  rollout->set_id("r1");
  rollout->set_from(1);
  rollout->set_to(2);
  rollout->set_state(state);
  rollout->set_total(1);
  rollout->set_done(state == "succeeded" ? 1 : 0);
  v1::RolloutTarget* target = rollout->add_targets();
  target->set_service("web");
  target->set_slot(1);
  target->set_host("alpha");
  target->set_instance("i2");
  target->set_action("replace");
  target->set_state(state == "succeeded" ? "proven" : "working");
  return status;
}

inline v1::WatchReply Snapshot(const v1::AppStatus& status) {
  v1::WatchReply reply;
  *reply.mutable_status() = status;
  return reply;
}

}  // namespace quayside::ctl
