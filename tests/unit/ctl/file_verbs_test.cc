// apply, plan, diff and config: what is read from files and what is asked of the controller.
#include "common/wire/convert.h"
#include "ctl/drift.h"
#include "tests/unit/ctl/fake_controller.h"

namespace quayside::ctl {
namespace {

constexpr char kFile[] =
    "name: hello\n"
    "services:\n"
    "  web:\n"
    "    image: registry:5000/hello:1\n"
    "    environment:\n"
    "      GREETING: ${GREETING:-hi}\n"
    "      DB_PASSWORD: hunter2\n";

class FileVerbsTest : public CtlTest {
 protected:
  FileVerbsTest() {
    file_ = directory_.Write("compose.yaml", kFile);
    service_.on_Apply = [this](const v1::ApplyRequest& request, v1::ChangeReply& reply) {
      applied_ = request;
      reply.set_revision(1);
      reply.set_rollout_id("r1");
      return grpc::Status::OK;
    };
    service_.on_Plan = [this](const v1::PlanRequest&, v1::PlanReply& reply) {
      reply = plan_;
      return grpc::Status::OK;
    };
    service_.on_InspectApp = [this](const v1::InspectAppRequest& request,
                                    v1::InspectAppReply& reply) {
      if (request.app() != "hello") return grpc::Status(grpc::StatusCode::NOT_FOUND, "no app");
      *reply.mutable_spec() = applied_.spec();
      for (v1::Service& service : *reply.mutable_spec()->mutable_services()) {
        service.mutable_container()->set_image_tag(service.container().image());
        service.mutable_container()->set_image("registry:5000/hello@sha256:11");
      }
      reply.mutable_revision()->set_revision(1);
      return grpc::Status::OK;
    };
  }

  void AddChange(const std::string& action) {
    auto* change = plan_.add_changes();
    change->set_host("alpha");
    change->set_app("hello");
    change->set_service("web");
    change->set_slot(1);
    change->set_action(action);
    change->set_why("because");
  }

  std::string file_;
  v1::ApplyRequest applied_;
  v1::PlanReply plan_;
};

TEST_F(FileVerbsTest, ApplySendsTheSpecAndItsCause) {
  environment_["GREETING"] = "moin";
  const Outcome outcome = Ctl({"apply", "-f", file_, "--detach"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(applied_.cause(), "apply -f compose.yaml");
  const auto spec = wire::FromProto(applied_.spec());
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->name.value, "hello");
  EXPECT_EQ(spec->services.at(0).container.environment.at("GREETING"), "moin");
  Ctl({"apply", "-f", file_, "--detach", "-p", "other", "--set-image", "web=x:2"});
  EXPECT_EQ(applied_.spec().name(), "other");
  EXPECT_EQ(applied_.spec().services(0).container().image(), "x:2");
}

TEST_F(FileVerbsTest, FilesThatCannotBeAcceptedAreExit2) {
  const std::string bad = directory_.Write("bad.yaml", "services:\n  web:\n    imaeg: x\n");
  for (const char* verb : {"apply", "plan", "diff", "config"}) {
    EXPECT_EQ(Ctl({verb, "-f", directory_.path() + "/none.yaml"}).code, 2) << verb;
    const Outcome outcome = Ctl({verb, "-f", bad});
    EXPECT_EQ(outcome.code, 2) << verb;
    EXPECT_NE(outcome.err.find("bad.yaml:3:"), std::string::npos) << outcome.err;
    EXPECT_EQ(Ctl({verb, "-f", file_, "--set-image", "web"}).code, 2) << verb;
  }
}

TEST_F(FileVerbsTest, PlanIsExit1WhenSomethingWouldChange) {
  AddChange("none");
  const Outcome none = Ctl({"plan", "-f", file_});
  EXPECT_EQ(none.code, 0) << none.err;
  EXPECT_EQ(none.out, "nothing would change: 1 instance as the file says\n");
  AddChange("replace");
  const Outcome some = Ctl({"plan", "-f", file_});
  EXPECT_EQ(some.code, 1);
  EXPECT_EQ(some.out,
            "HOST   INSTANCE     ACTION   DOWNTIME  WHY\n"
            "alpha  hello/web.1  replace  no        because\n"
            "1 instance not touched\n");
  plan_.clear_changes();
  plan_.add_undone("scale of web to 3");
  EXPECT_EQ(Ctl({"plan", "-f", file_}).code, 1);
}

TEST_F(FileVerbsTest, PlanKeepsExit1ForChanges) {
  service_.on_Plan = [](const auto&, auto&) {
    return grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "too much");
  };
  EXPECT_EQ(Ctl({"plan", "-f", file_}).code, 2);
  service_.on_Plan = [](const auto&, auto&) {
    return grpc::Status(grpc::StatusCode::NOT_FOUND, "no such image");
  };
  EXPECT_EQ(Ctl({"plan", "-f", file_}).code, 2);
  StopServing();
  EXPECT_EQ(Ctl({"plan", "-f", file_}).code, 3);
}

TEST_F(FileVerbsTest, DiffOfAFileComparesWithTheNewestRevision) {
  ASSERT_EQ(Ctl({"apply", "-f", file_, "--detach"}).code, 0);
  AddChange("none");
  const Outcome same = Ctl({"diff", "-f", file_});
  EXPECT_EQ(same.code, 0) << same.out << same.err;
  environment_["GREETING"] = "moin";
  AddChange("replace");
  const Outcome other = Ctl({"diff", "-f", file_});
  EXPECT_EQ(other.code, 1);
  EXPECT_NE(other.out.find("--- hello revision 1\n+++ the file\n"), std::string::npos);
  EXPECT_NE(other.out.find("GREETING: moin"), std::string::npos) << other.out;
  EXPECT_EQ(other.out.find("hunter2"), std::string::npos);
  EXPECT_EQ(Ctl({"diff", "-f", file_, "-p", "unknown"}).code, 2);
  EXPECT_EQ(Ctl({"diff", "unknown"}).code, 2);
}

TEST_F(FileVerbsTest, DiffOfAnAppComparesWithWhatRuns) {
  ASSERT_EQ(Ctl({"apply", "-f", file_, "--detach"}).code, 0);
  v1::InstanceRow row;
  row.set_host("alpha");
  row.set_desired(true);
  row.set_host_known(true);
  row.mutable_status()->set_service("web");
  row.mutable_status()->set_slot(1);
  row.mutable_status()->set_state(v1::INSTANCE_STATE_RUNNING);
  row.mutable_status()->set_proven(true);
  row.mutable_status()->set_image("registry:5000/hello@sha256:11");
  service_.on_ListInstances = [&](const auto&, v1::ListInstancesReply& reply) {
    *reply.add_instances() = row;
    return grpc::Status::OK;
  };
  const Outcome same = Ctl({"diff", "hello"});
  EXPECT_EQ(same.code, 0) << same.out << same.err;
  EXPECT_EQ(same.out, "hello runs as revision 1 says\n");
  row.mutable_status()->set_image("registry:5000/hello@sha256:00");
  const Outcome other = Ctl({"diff", "hello"});
  EXPECT_EQ(other.code, 1);
  EXPECT_EQ(other.out,
            "--- what runs\n+++ hello revision 1\nweb.1 on alpha\n"
            "-image: registry:5000/hello@sha256:00\n+image: registry:5000/hello@sha256:11\n");
}

TEST_F(FileVerbsTest, ConfigNeedsNoControllerAndMasksSecrets) {
  StopServing();
  for (const char* format : {"table", "yaml", "json"}) {
    const Outcome outcome = Ctl({"config", "-f", file_, "-o", format});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(outcome.out.find("hunter2"), std::string::npos) << format;
    EXPECT_NE(outcome.out.find("********"), std::string::npos) << format;
    EXPECT_NE(outcome.out.find("hi"), std::string::npos) << format;
  }
}

TEST(FindDrift, TellsWhatIsNotAsTheRevisionSays) {
  v1::AppSpec spec;
  auto* web = spec.add_services();
  web->set_name("web");
  web->mutable_container()->set_image("new");
  auto* apart = web->add_host_images();
  apart->set_key("beta");
  apart->set_value("apart");
  auto* off = spec.add_services();
  off->set_name("off");
  off->set_stopped(true);
  off->mutable_container()->set_image("new");
  const auto row = [](const char* service, const char* host, v1::InstanceState state, bool proven,
                      bool desired, const char* image) {
    v1::InstanceRow result;
    result.set_host(host);
    result.set_desired(desired);
    result.set_host_known(true);
    result.mutable_status()->set_service(service);
    result.mutable_status()->set_slot(1);
    result.mutable_status()->set_state(state);
    result.mutable_status()->set_proven(proven);
    result.mutable_status()->set_image(image);
    return result;
  };
  v1::InstanceRow unknown = row("web", "delta", v1::INSTANCE_STATE_RUNNING, true, true, "new");
  unknown.set_host_known(false);
  const std::vector<Drift> drifts =
      FindDrift(spec, {row("web", "alpha", v1::INSTANCE_STATE_HEALTHY, true, true, "new"),
                       row("web", "beta", v1::INSTANCE_STATE_HEALTHY, true, true, "apart"),
                       row("web", "gamma", v1::INSTANCE_STATE_PULLING, false, true, ""),
                       row("web", "alpha", v1::INSTANCE_STATE_STOPPED, true, false, "old"),
                       row("gone", "alpha", v1::INSTANCE_STATE_RUNNING, true, false, "old"),
                       row("off", "alpha", v1::INSTANCE_STATE_STOPPED, true, true, "new"),
                       row("off", "beta", v1::INSTANCE_STATE_RUNNING, true, true, "new"), unknown});
  const std::vector<Drift> expected = {
      {"web.1 on gamma", "pulling, not proven", "", ""},
      {"gone.1 on alpha", "runs though the newest revision does not want it", "image: old", ""},
      {"off.1 on beta", "running", "", ""},
      {"web.1 on delta", "unknown: its host has not reported", "", ""}};
  EXPECT_EQ(drifts, expected);
}

TEST(WithStored, KeepsWhatTheFileLeavesToVerbs) {
  AppSpec stored, file;
  stored.services.push_back({.name = ServiceName("web"), .replicas = 3, .stopped = true});
  file.services.push_back({.name = ServiceName("web"), .replicas = 1});
  EXPECT_EQ(WithStored(file, stored).services[0].replicas, 3);
  EXPECT_TRUE(WithStored(file, stored).services[0].stopped);
  file.services[0].replicas_in_file = true;
  EXPECT_EQ(WithStored(file, stored).services[0].replicas, 1);
}

}  // namespace
}  // namespace quayside::ctl
