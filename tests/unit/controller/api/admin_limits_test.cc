// Every field of an admin request at, under and over its limit: what is refused never reaches the
// core and is said in one sentence that names the field; the rest does.
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "common/wire/convert.h"
#include "controller/api/admin_service.h"

namespace quayside::controller {
namespace {

using Stub = v1::AdminService::Stub;

class AdminLimits : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = testing::TempDir() + "/admin-XXXXXX";
    ASSERT_NE(mkdtemp(directory_.data()), nullptr);
    socket_ = "unix:" + directory_ + "/ctl.sock";
    grpc::ServerBuilder builder;
    builder.AddListeningPort(socket_, grpc::InsecureServerCredentials());
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.SetMaxReceiveMessageSize(8 << 20);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
    stub_ =
        v1::AdminService::NewStub(grpc::CreateChannel(socket_, grpc::InsecureChannelCredentials()));
  }
  void TearDown() override {
    service_.EndStreams();
    server_->Shutdown();
    server_->Wait();
    std::filesystem::remove_all(directory_);
  }

  // `fill` sets fields of the request; it has a request id unless `fill` takes it away.
  template <typename Request, typename Reply>
  grpc::Status Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Reply*),
                    const std::function<void(Request&)>& fill) {
    Request request;
    if constexpr (requires { request.set_request_id("r"); }) request.set_request_id("r1");
    fill(request);
    grpc::ClientContext context;
    Reply reply;
    return (stub_.get()->*method)(&context, request, &reply);
  }
  // The core of this test takes no request and says so: what reaches it is answered UNAVAILABLE.
  void ExpectAsked(const grpc::Status& status, const std::string& what) {
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE)
        << what << ": " << status.error_message();
    EXPECT_EQ(asked_.exchange(0), 1) << what;
  }
  void ExpectRefused(const grpc::Status& status, const std::string& field,
                     grpc::StatusCode code = grpc::StatusCode::INVALID_ARGUMENT) {
    EXPECT_EQ(status.error_code(), code) << field << ": " << status.error_message();
    EXPECT_NE(status.error_message().find(field), std::string::npos)
        << field << ": " << status.error_message();
    EXPECT_EQ(asked_.exchange(0), 0) << field;
  }
  // A field of text: `call` sends a request in which it is this. Names have 1 to 255 bytes; where
  // nothing may be said, 0 to 255.
  void CheckText(const std::string& field, bool required,
                 const std::function<grpc::Status(const std::string&)>& call) {
    if (required) {
      ExpectRefused(call(""), field);
    } else {
      ExpectAsked(call(""), field + " empty");
    }
    ExpectAsked(call("x"), field + " of one byte");
    ExpectAsked(call(std::string(255, 'x')), field + " of 255 bytes");
    ExpectRefused(call(std::string(256, 'x')), field);
  }

  static v1::AppSpec SmallApp(int services = 1) {
    AppSpec app;
    app.name = AppName("shop");
    for (int i = 0; i < services; ++i) {
      ServiceSpec service;
      service.name = ServiceName("s" + std::to_string(10'000 + i));
      service.container.image = "nginx:1.25";
      app.services.push_back(std::move(service));
    }
    v1::AppSpec spec;
    wire::ToProto(app, &spec);
    return spec;
  }
  grpc::Status Apply(const v1::AppSpec& spec) {
    return Call<v1::ApplyRequest, v1::ChangeReply>(
        &Stub::Apply, [&](v1::ApplyRequest& request) { *request.mutable_spec() = spec; });
  }

  std::string directory_, socket_;
  int port_ = 0;
  std::atomic<int> asked_ = 0;
  AdminService service_{
      {.by = "tester"},
      [this](CoreEvent) {
        ++asked_;
        return false;
      },
      [](std::set<std::string>, AdminService::Resolved done) { done(ResolvedImages()); }};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Stub> stub_;
};

// One line per field: TEXT(method, its message, its reply, field, may it be empty?).
#define QS_TEXT(Method, Request, Reply, field, required)                           \
  CheckText(#field, required, [this](const std::string& text) {                    \
    return Call<v1::Request, v1::Reply>(&Stub::Method, [&](v1::Request& request) { \
      Complete(request);                                                           \
      request.set_##field(text);                                                   \
    });                                                                            \
  })

// Fills in what else a request needs.
template <typename Request>
void Complete(Request& request) {
  if constexpr (requires { request.set_app("a"); }) request.set_app("shop");
  if constexpr (requires { request.set_service("a"); }) request.set_service("web");
  if constexpr (requires { request.set_host("a"); }) request.set_host("alpha");
  if constexpr (requires { request.set_to_host("a"); }) request.set_to_host("alpha");
  if constexpr (requires { request.set_slot(1); }) request.set_slot(1);
  if constexpr (requires { request.add_images(); }) {
    request.add_images()->set_value("nginx:1.25");
  }
}

TEST_F(AdminLimits, TextsOfReads) {
  QS_TEXT(ListInstances, ListInstancesRequest, ListInstancesReply, app, false);
  QS_TEXT(ListInstances, ListInstancesRequest, ListInstancesReply, host, false);
  QS_TEXT(ListInstances, ListInstancesRequest, ListInstancesReply, page_token, false);
  QS_TEXT(GetStatus, GetStatusRequest, GetStatusReply, app, true);
  QS_TEXT(GetHistory, GetHistoryRequest, GetHistoryReply, app, true);
  QS_TEXT(InspectApp, InspectAppRequest, InspectAppReply, app, true);
  QS_TEXT(InspectInstance, InspectInstanceRequest, InspectInstanceReply, instance, true);
  QS_TEXT(Explain, ExplainRequest, ExplainReply, app, true);
  QS_TEXT(Explain, ExplainRequest, ExplainReply, host, false);
  QS_TEXT(ListEvents, ListEventsRequest, ListEventsReply, app, false);
  QS_TEXT(ListEvents, ListEventsRequest, ListEventsReply, host, false);
  QS_TEXT(Doctor, DoctorRequest, DoctorReply, host, false);
}

TEST_F(AdminLimits, TextsOfChangesOfApps) {
  QS_TEXT(Deploy, DeployRequest, ChangeReply, app, true);
  QS_TEXT(Deploy, DeployRequest, ChangeReply, host, false);
  QS_TEXT(Scale, ScaleRequest, ChangeReply, app, true);
  QS_TEXT(Scale, ScaleRequest, ChangeReply, service, true);
  QS_TEXT(Restart, RestartRequest, ChangeReply, app, true);
  QS_TEXT(Restart, RestartRequest, ChangeReply, service, false);
  QS_TEXT(SetStopped, SetStoppedRequest, ChangeReply, app, true);
  QS_TEXT(SetStopped, SetStoppedRequest, ChangeReply, service, false);
  QS_TEXT(Rollback, RollbackRequest, ChangeReply, app, true);
  QS_TEXT(RemoveApp, RemoveAppRequest, ChangeReply, app, true);
}

TEST_F(AdminLimits, TextsOfChangesOfHostsAndTheHouse) {
  QS_TEXT(LabelHost, LabelHostRequest, LabelHostReply, host, true);
  QS_TEXT(RemoveHost, RemoveHostRequest, RemoveHostReply, host, true);
  QS_TEXT(ConfirmHost, ConfirmHostRequest, ConfirmHostReply, host, true);
  QS_TEXT(ConfirmHost, ConfirmHostRequest, ConfirmHostReply, app, false);
  QS_TEXT(AdoptHost, AdoptHostRequest, AdoptHostReply, host, true);
  QS_TEXT(AdoptHost, AdoptHostRequest, AdoptHostReply, old_host_id, false);
  QS_TEXT(MoveSlot, MoveSlotRequest, ChangeReply, app, true);
  QS_TEXT(MoveSlot, MoveSlotRequest, ChangeReply, service, true);
  QS_TEXT(MoveSlot, MoveSlotRequest, ChangeReply, to_host, true);
  QS_TEXT(AcceptRecovery, AcceptRecoveryRequest, AcceptRecoveryReply, app, false);
  QS_TEXT(CollectGarbage, CollectGarbageRequest, CollectGarbageReply, host, false);
}

TEST_F(AdminLimits, AChangeNeedsARequestId) {
  const auto with = [&](const std::string& id) {
    return Call<v1::RestartRequest, v1::ChangeReply>(&Stub::Restart, [&](auto& request) {
      Complete(request);
      request.set_request_id(id);
    });
  };
  ExpectRefused(with(""), "request id");
  ExpectAsked(with("r"), "one byte");
  ExpectAsked(with(std::string(64, 'r')), "64 bytes");
  ExpectRefused(with(std::string(65, 'r')), "request id");
}

TEST_F(AdminLimits, NumbersAreWithinTheirRanges) {
  const auto scale = [&](int32_t replicas) {
    return Call<v1::ScaleRequest, v1::ChangeReply>(&Stub::Scale, [&](auto& request) {
      Complete(request);
      request.set_replicas(replicas);
    });
  };
  ExpectRefused(scale(-1), "replicas");
  ExpectAsked(scale(0), "0 replicas");
  ExpectAsked(scale(10'000), "10,000 replicas");
  ExpectRefused(scale(10'001), "replicas");
  const auto move = [&](int32_t slot) {
    return Call<v1::MoveSlotRequest, v1::ChangeReply>(&Stub::MoveSlot, [&](auto& request) {
      Complete(request);
      request.set_slot(slot);
    });
  };
  ExpectRefused(move(0), "slot");
  ExpectAsked(move(1), "slot 1");
  ExpectAsked(move(100'000), "slot 100,000");
  ExpectRefused(move(100'001), "slot");
  const auto events = [&](int32_t limit, int64_t after) {
    return Call<v1::ListEventsRequest, v1::ListEventsReply>(&Stub::ListEvents, [&](auto& request) {
      request.set_limit(limit);
      request.set_after_id(after);
    });
  };
  ExpectRefused(events(-1, 0), "limit");
  ExpectAsked(events(0, 0), "no limit said");
  ExpectAsked(events(1'000, 0), "limit 1,000");
  ExpectRefused(events(1'001, 0), "limit");
  ExpectRefused(events(1, -1), "after_id");
  const auto revision = [&](int64_t number) {
    return Call<v1::InspectAppRequest, v1::InspectAppReply>(&Stub::InspectApp, [&](auto& request) {
      Complete(request);
      request.set_revision(number);
    });
  };
  ExpectRefused(revision(-1), "revision");
  ExpectAsked(revision(0), "the newest revision");
  const auto rollback = [&](int64_t to) {
    return Call<v1::RollbackRequest, v1::ChangeReply>(&Stub::Rollback, [&](auto& request) {
      Complete(request);
      request.set_to(to);
    });
  };
  ExpectRefused(rollback(-1), "revision");
  ExpectAsked(rollback(0), "the one before");
}

TEST_F(AdminLimits, LabelsAndImagesAreCounted) {
  const auto label = [&](int set, int remove, const std::string& key, const std::string& value) {
    return Call<v1::LabelHostRequest, v1::LabelHostReply>(&Stub::LabelHost, [&](auto& request) {
      Complete(request);
      for (int i = 0; i < set; ++i) {
        v1::StringEntry* entry = request.add_set();
        entry->set_key(i == 0 ? key : "k" + std::to_string(i));
        entry->set_value(value);
      }
      for (int i = 0; i < remove; ++i) request.add_remove("k" + std::to_string(i));
    });
  };
  ExpectAsked(label(256, 256, "a", "b"), "256 labels");
  ExpectRefused(label(257, 0, "a", "b"), "256 labels");
  ExpectRefused(label(0, 257, "a", "b"), "256 labels");
  ExpectRefused(label(1, 0, "", "b"), "label");
  ExpectRefused(label(2, 0, "k1", "b"), "set");
  ExpectAsked(label(1, 0, std::string(255, 'k'), std::string(255, 'v')), "255 bytes");
  ExpectRefused(label(1, 0, std::string(256, 'k'), "b"), "a label's name");
  ExpectRefused(label(1, 0, "a", std::string(256, 'v')), "a label's value");
  const auto deploy = [&](int images, const std::string& image) {
    return Call<v1::DeployRequest, v1::ChangeReply>(&Stub::Deploy, [&](auto& request) {
      request.set_app("shop");
      for (int i = 0; i < images; ++i) {
        v1::StringEntry* entry = request.add_images();
        entry->set_key("s" + std::to_string(i));
        entry->set_value(image);
      }
    });
  };
  ExpectRefused(deploy(0, "a"), "images");
  ExpectAsked(deploy(1'000, "a"), "1,000 images");
  ExpectRefused(deploy(1'001, "a"), "images");
  ExpectRefused(deploy(1, ""), "an image's name");
  ExpectAsked(deploy(1, std::string(1'024, 'a')), "1,024 bytes");
  ExpectRefused(deploy(1, std::string(1'025, 'a')), "an image's name");
  ExpectRefused(Call<v1::DeployRequest, v1::ChangeReply>(&Stub::Deploy,
                                                         [&](auto& request) {
                                                           request.set_app("shop");
                                                           for (int i = 0; i < 2; ++i) {
                                                             request.add_images()->set_value("a");
                                                           }
                                                         }),
                "two images");
}

TEST_F(AdminLimits, AnAppIsCheckedBeforeItsImagesAreAskedFor) {
  ExpectAsked(Apply(SmallApp()), "a small app");
  ExpectAsked(Apply(SmallApp(1'000)), "1,000 services");
  ExpectRefused(Apply(SmallApp(1'001)), "services");
  ExpectRefused(Apply(SmallApp(0)), "service");
  v1::AppSpec named = SmallApp();
  named.set_name(std::string(63, 'a'));
  ExpectAsked(Apply(named), "a name of 63 bytes");
  for (const std::string& name : {std::string(), std::string(64, 'a'), std::string("A b")}) {
    named.set_name(name);
    ExpectRefused(Apply(named), "name");
  }
  v1::AppSpec word = SmallApp();
  word.mutable_services(0)->set_mode(static_cast<v1::ServiceMode>(99));
  ExpectRefused(Apply(word), "mode");
  v1::AppSpec many = SmallApp();
  many.mutable_services(0)->set_replicas(10'001);
  ExpectRefused(Apply(many), "replicas");
  v1::AppSpec large = SmallApp(3);
  for (v1::Service& service : *large.mutable_services()) {
    for (int i = 0; i < 9; ++i) {
      v1::StringEntry* variable = service.mutable_container()->add_environment();
      variable->set_key("V" + std::to_string(i));
      variable->set_value(std::string(100 << 10, 'x'));
    }
  }
  ExpectRefused(Apply(large), "2 MiB", grpc::StatusCode::RESOURCE_EXHAUSTED);
  v1::AppSpec heavy = SmallApp(1);
  for (int i = 0; i < 3; ++i) {
    v1::StringEntry* variable = heavy.mutable_services(0)->mutable_container()->add_environment();
    variable->set_key("V" + std::to_string(i));
    variable->set_value(std::string(100 << 10, 'x'));
  }
  ExpectRefused(Apply(heavy), "256 KiB", grpc::StatusCode::RESOURCE_EXHAUSTED);
  const grpc::Status planned = Call<v1::PlanRequest, v1::PlanReply>(
      &Stub::Plan, [&](v1::PlanRequest& request) { *request.mutable_spec() = heavy; });
  ExpectRefused(planned, "256 KiB", grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(AdminLimits, OverTcpNothingIsAnswered) {
  const auto stub = v1::AdminService::NewStub(grpc::CreateChannel(
      "127.0.0.1:" + std::to_string(port_), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  v1::ListHostsReply reply;
  const grpc::Status status = stub->ListHosts(&context, v1::ListHostsRequest(), &reply);
  ExpectRefused(status, "unix socket", grpc::StatusCode::UNAUTHENTICATED);
}

#undef QS_TEXT

}  // namespace
}  // namespace quayside::controller
