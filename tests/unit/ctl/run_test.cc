// Exit codes and sentences of whole runs of `ctl` against a fake controller.
#include <sys/stat.h>

#include "common/base/file.h"
#include "tests/unit/ctl/fake_controller.h"

namespace quayside::ctl {
namespace {

using grpc::StatusCode;

class RunTest : public CtlTest {
 protected:
  void AnswerStatus(const grpc::Status& status) {
    service_.on_GetStatus = [status](const auto&, auto&) { return status; };
  }
};

TEST_F(RunTest, EachErrorOfTheControllerHasItsExitCode) {
  const std::vector<std::pair<StatusCode, int>> cases = {
      {StatusCode::INVALID_ARGUMENT, 2},   {StatusCode::FAILED_PRECONDITION, 2},
      {StatusCode::ALREADY_EXISTS, 2},     {StatusCode::NOT_FOUND, 1},
      {StatusCode::RESOURCE_EXHAUSTED, 1}, {StatusCode::ABORTED, 1},
      {StatusCode::INTERNAL, 1},           {StatusCode::UNAVAILABLE, 3},
      {StatusCode::UNAUTHENTICATED, 3},    {StatusCode::PERMISSION_DENIED, 3}};
  for (const auto& [code, exit_code] : cases) {
    AnswerStatus(grpc::Status(code, "the reason"));
    const Outcome outcome = Ctl({"status", "shop"});
    EXPECT_EQ(outcome.code, exit_code) << code;
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(outcome.err, "ctl: the reason\n");
  }
}

TEST_F(RunTest, WithoutAControllerTheExitCodeIs3AndTheSentenceSaysWhatToDo) {
  StopServing();
  const Outcome outcome = Ctl({"ls"});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_NE(outcome.err.find("the controller cannot be reached at " + directory_.path() +
                             "/ctl.sock because"),
            std::string::npos)
      << outcome.err;
  EXPECT_NE(outcome.err.find("systemctl status quayside-controller"), std::string::npos);
  EXPECT_EQ(Ctl({"scale", "shop/web=2"}).code, 3);
  context_path_ = directory_.path() + "/none";
  const Outcome unknown = Ctl({"ls"});
  EXPECT_EQ(unknown.code, 3);
  EXPECT_NE(unknown.err.find("no controller is known"), std::string::npos);
  EXPECT_EQ(Ctl({"ls", "--context", "/none"}).code, 3);
}

TEST_F(RunTest, AChangeIsSentAgainWithTheSameRequestId) {
  limits_.reach_to_change = absl::Seconds(5);
  std::vector<std::string> ids;
  service_.on_Scale = [&](const v1::ScaleRequest& request, v1::ChangeReply& reply) {
    ids.push_back(request.request_id());
    if (ids.size() < 3) return grpc::Status(StatusCode::UNAVAILABLE, "restarting");
    reply.set_nothing_to_do(true);
    reply.set_revision(4);
    return grpc::Status::OK;
  };
  const Outcome outcome = Ctl({"scale", "shop/web=2"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "nothing to do: shop revision 4 is what is asked for\n");
  ASSERT_EQ(ids.size(), 3u);
  EXPECT_EQ(ids[0].size(), 26u);
  EXPECT_EQ(ids[1], ids[0]);
  EXPECT_EQ(ids[2], ids[0]);
  Ctl({"scale", "shop/web=2"});
  EXPECT_NE(ids.back(), ids[0]) << "another act has another id";
}

TEST_F(RunTest, WhatTheControllerItselfCannotReachIsNotAskedForMinutes) {
  service_.on_Scale = [](const auto&, auto&) {
    return grpc::Status(StatusCode::UNAVAILABLE, "the registry does not answer");
  };
  const MonoTime begin = clock_.Now();
  const Outcome outcome = Ctl({"scale", "shop/web=2"});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_EQ(outcome.err, "ctl: the registry does not answer\n");
  EXPECT_LT(clock_.Now() - begin, limits_.repeat_change / 2);
}

TEST_F(RunTest, DangerousVerbsAskOnATerminalAndNeedYesWithoutOne) {
  int removals = 0;
  service_.on_RemoveApp = [&](const v1::RemoveAppRequest& request, v1::ChangeReply&) {
    EXPECT_EQ(request.app(), "shop");
    EXPECT_TRUE(request.volumes());
    ++removals;
    return grpc::Status::OK;
  };
  const Outcome refused = Ctl({"rm", "shop", "--volumes", "--detach"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_NE(refused.err.find("-y"), std::string::npos);
  EXPECT_EQ(Ctl({"rm", "shop", "--volumes", "--detach"}, "n\n", true).code, 1);
  EXPECT_EQ(Ctl({"rm", "shop", "--volumes", "--detach"}, "", true).code, 1);
  EXPECT_EQ(removals, 0);
  EXPECT_EQ(Ctl({"rm", "shop", "--volumes", "--detach"}, "y\n", true).code, 0);
  EXPECT_EQ(Ctl({"rm", "shop", "--volumes", "--detach", "-y"}).code, 0);
  EXPECT_EQ(removals, 2);
  EXPECT_EQ(Ctl({"host", "rm", "alpha"}).code, 2);
  EXPECT_EQ(Ctl({"recovery", "accept"}).code, 2);
}

TEST_F(RunTest, BadOperandsAreRefusedBeforeAnythingIsAsked) {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"scale", "shop"},
                                                    {"scale", "shop/web=-1"},
                                                    {"scale", "shop/web=x"},
                                                    {"scale", "shop/web=10001"},
                                                    {"deploy", "shop", "web="},
                                                    {"deploy", "shop", "web=a", "web=b"},
                                                    {"restart", "shop/"},
                                                    {"rollback", "shop", "--to", "0"},
                                                    {"host", "label", "alpha", "disk"},
                                                    {"host", "move", "shop/db", "--to", "b", "-y"},
                                                    {"host", "move", "shop/db.1", "-y"},
                                                    {"events", "-n", "0"},
                                                    {"events", "-n", "1001"},
                                                    {"diff"},
                                                    {"apply"},
                                                    {"completion", "csh"},
                                                    {"context", "add", "x"}}) {
    const Outcome outcome = Ctl(arguments);
    EXPECT_EQ(outcome.code, 2) << arguments[0] << " " << arguments[1 % arguments.size()] << ": "
                               << outcome.err;
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
  }
}

TEST_F(RunTest, DeployNamesServicesImagesAndTheHost) {
  v1::DeployRequest seen;
  service_.on_Deploy = [&](const v1::DeployRequest& request, v1::ChangeReply& reply) {
    seen = request;
    reply.set_rollout_id("r1");
    reply.set_revision(5);
    reply.add_warnings("web cannot resolve db there");
    return grpc::Status::OK;
  };
  const Outcome outcome =
      Ctl({"deploy", "shop", "web=r:5000/w:7", "api=a@sha256:00", "--host", "alpha", "--detach"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "shop revision 5 is recorded; `ctl rollout watch shop` follows it\n");
  EXPECT_EQ(outcome.err, "warning: web cannot resolve db there\n");
  ASSERT_EQ(seen.images_size(), 2);
  EXPECT_EQ(seen.images(0).key(), "web");
  EXPECT_EQ(seen.images(0).value(), "r:5000/w:7");
  EXPECT_EQ(seen.images(1).value(), "a@sha256:00");
  EXPECT_EQ(seen.host(), "alpha");
}

TEST_F(RunTest, LabelsAreSetAndRemoved) {
  v1::LabelHostRequest seen;
  service_.on_LabelHost = [&](const v1::LabelHostRequest& request, v1::LabelHostReply& reply) {
    seen = request;
    reply.mutable_host()->set_name("alpha");
    return grpc::Status::OK;
  };
  const Outcome outcome = Ctl({"host", "label", "alpha", "disk=ssd", "note=a=b-", "old-"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "alpha has no labels now\n");
  ASSERT_EQ(seen.set_size(), 2);
  EXPECT_EQ(seen.set(1).key(), "note");
  EXPECT_EQ(seen.set(1).value(), "a=b-");
  ASSERT_EQ(seen.remove_size(), 1);
  EXPECT_EQ(seen.remove(0), "old");
}

TEST_F(RunTest, DoctorAndGarbageCollectionFailWhenAHostDoes) {
  service_.on_Doctor = [](const v1::DoctorRequest&, v1::DoctorReply& reply) {
    auto* finding = reply.add_findings();
    finding->set_severity("warning");
    finding->set_subject("alpha");
    finding->set_text("the disk is 91 % full");
    return grpc::Status::OK;
  };
  EXPECT_EQ(Ctl({"doctor"}).code, 0);
  service_.on_CollectGarbage = [](const v1::CollectGarbageRequest& request,
                                  v1::CollectGarbageReply& reply) {
    EXPECT_TRUE(request.dry_run());
    auto* host = reply.add_hosts();
    host->set_host("alpha");
    host->set_error("its engine does not answer");
    return grpc::Status::OK;
  };
  const Outcome outcome = Ctl({"gc", "--dry-run"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.out, "alpha\n  error: its engine does not answer\n");
}

TEST_F(RunTest, ABackupAppearsWholeOrNotAtAll) {
  const std::string path = directory_.path() + "/copy.db";
  service_.backup_chunks = {"SQLite", std::string("\0x", 2)};
  const Outcome outcome = Ctl({"backup", path});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(*ReadFile(path, 100), std::string("SQLite\0x", 8));
  struct stat st {};
  ASSERT_EQ(stat(path.c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0600u);

  service_.backup_end = grpc::Status(StatusCode::RESOURCE_EXHAUSTED, "the disk is full");
  service_.backup_chunks = {"half"};
  EXPECT_EQ(Ctl({"backup", path}).code, 1);
  EXPECT_EQ(*ReadFile(path, 100), std::string("SQLite\0x", 8)) << "the older backup stays";
  EXPECT_EQ(Ctl({"backup", directory_.path()}).code, 2);
  EXPECT_EQ(Ctl({"backup", directory_.path() + "/none/x"}).code, 1);
  EXPECT_EQ(Ctl({"backup", "-"}, "", true).code, 2) << "not to a terminal";
  service_.backup_end = grpc::Status::OK;
  EXPECT_EQ(Ctl({"backup", "-"}).out, "half");
  const auto left = std::distance(std::filesystem::directory_iterator(directory_.path()),
                                  std::filesystem::directory_iterator());
  EXPECT_EQ(left, 3) << "context, socket and the one backup; no temporary file";
}

TEST_F(RunTest, ContextsAreKeptAndChosen) {
  const std::string other = directory_.Write("other.json", R"({"name":"x","socket":"/none.sock"})");
  EXPECT_EQ(Ctl({"context", "ls"}).code, 0);
  EXPECT_EQ(Ctl({"context", "add", "prod", "--from", other}).out,
            "the context prod is kept and is the current one\n");
  EXPECT_EQ(Ctl({"ls"}).code, 3) << "prod's socket is not there";
  EXPECT_EQ(Ctl({"context", "add", "here", "--from", context_path_}).out,
            "the context here is kept\n");
  EXPECT_EQ(Ctl({"context", "use", "none"}).code, 1);
  EXPECT_EQ(Ctl({"context", "use", "here"}).code, 0);
  service_.on_ListApps = [](const auto&, auto&) { return grpc::Status::OK; };
  EXPECT_EQ(Ctl({"ls"}).code, 0);
  EXPECT_EQ(Ctl({"context", "ls", "-o", "json"}).out,
            "[\n  {\n    \"name\": \"here\",\n    \"socket\": \"" + directory_.path() +
                "/ctl.sock\",\n    \"current\": true\n  },\n  {\n    \"name\": \"prod\",\n"
                "    \"socket\": \"/none.sock\",\n    \"current\": false\n  }\n]\n");
  EXPECT_EQ(Ctl({"ls", "--context", other}).code, 3) << "--context wins";
  environment_["QUAYSIDE_CONTEXT"] = other;
  EXPECT_EQ(Ctl({"ls"}).code, 3) << "and so does the environment";
  EXPECT_EQ(Ctl({"context", "add", "../up", "--from", other}).code, 2);
  EXPECT_EQ(Ctl({"context", "add", "far", "--socket", "/" + std::string(107, 'x')}).code, 2);
  EXPECT_EQ(Ctl({"context", "add", "bad", "--from", directory_.Write("bad", "[]")}).code, 2);
}

TEST_F(RunTest, WhatTheControllerSaysCannotDriveTheTerminal) {
  service_.on_ListHosts = [](const auto&, v1::ListHostsReply& reply) {
    reply.add_hosts()->set_name("al\x1b[2Jpha\n");
    return grpc::Status::OK;
  };
  const Outcome outcome = Ctl({"host", "ls"});
  EXPECT_EQ(outcome.out.find('\x1b'), std::string::npos);
  EXPECT_NE(outcome.out.find("al\\x1b[2Jpha\\x0a"), std::string::npos) << outcome.out;
  AnswerStatus(grpc::Status(StatusCode::NOT_FOUND, "no \x1b]0;x\x07 app"));
  EXPECT_EQ(Ctl({"status", "x"}).err, "ctl: no \\x1b]0;x\\x07 app\n");
}

TEST_F(RunTest, VersionSaysItsOwnAlsoWithoutAController) {
  service_.on_GetVersion = [](const auto&, v1::GetVersionReply& reply) {
    reply.set_version("0.1.0 (abc)");
    reply.set_fleet_id("f1");
    return grpc::Status::OK;
  };
  EXPECT_NE(Ctl({"version"}).out.find("controller  0.1.0 (abc)\n"), std::string::npos);
  StopServing();
  const Outcome outcome = Ctl({"version"});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_EQ(outcome.out.rfind("ctl         0.1.0 (", 0), 0u);
  EXPECT_EQ(Ctl({"--version"}).code, 0);
}

TEST_F(RunTest, InspectTakesAnAppOrAnInstance) {
  service_.on_InspectApp = [](const v1::InspectAppRequest& request, v1::InspectAppReply& reply) {
    if (request.app() != "shop") return grpc::Status(StatusCode::NOT_FOUND, "no app");
    reply.mutable_spec()->set_name("shop");
    auto* service = reply.mutable_spec()->add_services();
    service->set_name("web");
    auto* secret = service->mutable_container()->add_environment();
    secret->set_key("DB_PASSWORD");
    secret->set_value("hunter2");
    return grpc::Status::OK;
  };
  service_.on_InspectInstance = [](const v1::InspectInstanceRequest& request,
                                   v1::InspectInstanceReply& reply) {
    if (request.instance() != "i1") return grpc::Status(StatusCode::NOT_FOUND, "no instance");
    reply.mutable_row()->mutable_status()->set_log_tail("boom\n");
    return grpc::Status::OK;
  };
  const Outcome app = Ctl({"inspect", "shop", "-o", "json"});
  EXPECT_EQ(app.code, 0) << app.err;
  EXPECT_EQ(app.out.find("hunter2"), std::string::npos);
  EXPECT_NE(app.out.find(R"("DB_PASSWORD": "********")"), std::string::npos) << app.out;
  EXPECT_NE(Ctl({"inspect", "i1"}).out.find("log_tail: \"boom\\n\""), std::string::npos);
  const Outcome none = Ctl({"inspect", "x"});
  EXPECT_EQ(none.code, 1);
  EXPECT_NE(none.err.find("no app and no instance is called x"), std::string::npos);
}

TEST_F(RunTest, PsReadsEveryPageAgainWhenTheListChanges) {
  int calls = 0;
  service_.on_ListInstances = [&](const v1::ListInstancesRequest& request,
                                  v1::ListInstancesReply& reply) {
    EXPECT_EQ(request.app(), "shop");
    EXPECT_EQ(request.host(), "alpha");
    if (++calls == 2) return grpc::Status(StatusCode::ABORTED, "the list has changed");
    const bool first = request.page_token().empty();
    auto* row = reply.add_instances();
    row->set_desired(true);
    row->set_host_known(true);
    row->mutable_status()->set_instance(first ? "i1" : "i2");
    if (first) reply.set_next_page_token("2");
    return grpc::Status::OK;
  };
  const Outcome outcome = Ctl({"ps", "shop", "--host", "alpha"});
  EXPECT_EQ(calls, 4);
  EXPECT_NE(outcome.out.find("\ni1 "), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("\ni2 "), std::string::npos);
}

}  // namespace
}  // namespace quayside::ctl
