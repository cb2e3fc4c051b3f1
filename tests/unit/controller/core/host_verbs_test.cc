// The verbs of hosts: label, confirm, adopt, move, rm, with wrong input and at their limits.
#include "common/base/status.h"
#include "tests/unit/controller/core/scripted_fleet.h"

namespace quayside::controller {
namespace {

class HostVerbs : public CoreTest {
 protected:
  absl::StatusOr<HostView> Label(const std::string& host, std::map<std::string, std::string> set,
                                 std::vector<std::string> remove = {}) {
    LabelHost request;
    request.caller = NewCaller();
    request.host = host;
    request.set = std::move(set);
    request.remove = std::move(remove);
    return Ask<HostView>(std::move(request));
  }
  absl::Status RemoveIt(const std::string& host, bool keep, bool force) {
    RemoveHost request;
    request.caller = NewCaller();
    request.host = host;
    request.keep = keep;
    request.force = force;
    return Ask<std::monostate>(std::move(request)).status();
  }
  absl::StatusOr<std::vector<std::string>> Confirm(const std::string& host,
                                                   const std::string& app = "") {
    ConfirmHost request;
    request.caller = NewCaller();
    request.host = host;
    request.app = app;
    return Ask<std::vector<std::string>>(std::move(request));
  }
  absl::StatusOr<HostId> Adopt(const std::string& host, const std::string& old_id = "") {
    AdoptHost request;
    request.caller = NewCaller();
    request.host = host;
    request.old_host_id = old_id;
    return Ask<HostId>(std::move(request));
  }
  absl::StatusOr<ChangeResult> MoveIt(int32_t slot, const std::string& to,
                                      const std::string& service = "db") {
    MoveSlot request;
    request.caller = NewCaller();
    request.slot = {AppName("shop"), ServiceName(service), slot};
    request.to_host = to;
    return Ask<ChangeResult>(std::move(request));
  }
  static ServiceSpec Database(const std::string& version) {
    ServiceSpec service = Service("db", Ref(version));
    service.container.volumes["data"] = {.name = "shop_data"};
    service.container.mounts = {{.type = MountType::kVolume, .source = "data", .target = "/data"}};
    return service;
  }
  // Reports `extra` in addition to what it runs.
  template <typename Extra>
  void SayWith(ScriptedAgent& agent, Extra extra) {
    Report report = MakeReport(agent);
    extra(report);
    Say(AgentReport{agent.session, report});
  }
  const Assignment& Offered(const std::string& host) {
    return *fleet_.offered.at(agents_.at(host).session);
  }
};

TEST_F(HostVerbs, LabelsOfCtlWinOverThoseOfTheAgent) {
  ScriptedAgent& h1 = Join("h1", {{"zone", "a"}, {"disk", "ssd"}});
  const auto labelled = Label("h1", {{"zone", "b"}}, {"disk"});
  ASSERT_TRUE(labelled.ok()) << labelled.status();
  EXPECT_EQ(labelled->row.labels, (std::map<std::string, std::string>{{"zone", "b"}}));
  h1.labels["rack"] = "7";
  Join("h1");
  EXPECT_EQ(core_->model().hosts.Find(h1.host)->labels,
            (std::map<std::string, std::string>{{"rack", "7"}, {"zone", "b"}}));
}

TEST_F(HostVerbs, LabelsHaveLimits) {
  Join("h1");
  using absl::StatusCode;
  EXPECT_EQ(Label("h9", {{"a", "b"}}).status().code(), StatusCode::kNotFound);
  for (const char* name : {"", "two words", "a=b", "zone!", "caf\u00e9"}) {
    EXPECT_EQ(Label("h1", {{name, "b"}}).status().code(), StatusCode::kInvalidArgument) << name;
  }
  EXPECT_TRUE(Label("h1", {{"a", std::string(4096, 'x')}}).ok());
  EXPECT_EQ(Label("h1", {{"a", std::string(4097, 'x')}}).status().code(),
            StatusCode::kInvalidArgument);
  std::map<std::string, std::string> many;
  while (many.size() < 255) many["k" + std::to_string(many.size())] = "v";
  EXPECT_TRUE(Label("h1", many).ok());  // with the one above 256
  EXPECT_EQ(Label("h1", {{"one", "more"}}).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(core_->model().hosts.rows().begin()->second.labels.size(), 256u);
  EXPECT_TRUE(Label("h1", {{"a", "changed"}}).ok());
}

TEST_F(HostVerbs, AHostThatRunsSomethingIsOnlyRemovedWhenThatIsMeant) {
  Join("h1");
  Join("h2");
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("1"), 2)}).ok());
  WorkAll();
  EXPECT_EQ(RemoveIt("h9", false, false).code(), absl::StatusCode::kNotFound);
  const absl::Status refused = RemoveIt("h2", false, false);
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(Message(refused).find("shop/web.2"), std::string::npos) << refused;
  EXPECT_NE(Message(refused).find("--force"), std::string::npos) << refused;
  const SessionId session = agents_.at("h2").session;
  EXPECT_TRUE(RemoveIt("h2", false, /*force=*/true).ok());
  EXPECT_EQ(fleet_.closed.at(session).code(), absl::StatusCode::kPermissionDenied);
  const ScriptedAgent gone = agents_.at("h2");
  agents_.erase("h2");
  WorkAll();
  EXPECT_EQ(Where("shop"), "web.1@h1 web.2@h1") << "its slot goes to another host";
  // The removed agent does not come back by itself.
  AgentHello again = Hello(gone);
  again.session = next_session_++;
  Say(again);
  EXPECT_EQ(fleet_.closed.at(again.session).code(), absl::StatusCode::kPermissionDenied);
  again.session = next_session_++;
  again.host = HostId();
  again.epoch = StoreEpoch();
  Say(again);
  EXPECT_TRUE(fleet_.welcomed.contains(again.session)) << "with an empty data directory it may";
  EXPECT_NE(fleet_.welcomed.at(again.session).host, gone.host);
}

TEST_F(HostVerbs, AnEmptyHostIsRemovedWithItsBindingsAndReports) {
  Join("h1");
  Join("h2");
  EXPECT_TRUE(RemoveIt("h2", false, false).ok());
  agents_.erase("h2");
  EXPECT_EQ(core_->model().hosts.rows().size(), 1u);
  for (const auto& [key, status] : core_->model().observed.rows()) {
    EXPECT_EQ(key.first, agents_.at("h1").host);
  }
}

TEST_F(HostVerbs, ConfirmReleasesWhatNobodyTold) {
  ScriptedAgent& h1 = Join("h1");
  EXPECT_EQ(Confirm("h9").status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(Confirm("h1")->empty());
  SayWith(h1, [](Report& report) { report.unnamed_apps = {AppName("old"), AppName("older")}; });
  EXPECT_EQ(Confirm("h1", "unknown").status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(core_->model().removals.rows().empty()) << "nothing leaves unless it is confirmed";
  EXPECT_EQ(*Confirm("h1", "old"), std::vector<std::string>{"old"});
  ASSERT_EQ(Offered("h1").removals.size(), 1u);
  EXPECT_EQ(Offered("h1").removals.front().app, AppName("old"));
  Work(h1);
  EXPECT_TRUE(core_->model().removals.rows().empty());
}

TEST_F(HostVerbs, ConfirmLeavesAloneWhatIsWantedThereByNow) {
  ScriptedAgent& h1 = Join("h1");
  SayWith(h1, [](Report& report) { report.unnamed_apps = {AppName("shop")}; });
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("1"))}).ok());
  EXPECT_TRUE(Confirm("h1")->empty());
  EXPECT_TRUE(core_->model().removals.rows().empty());
  WorkAll();
  // The other way round: what is applied after it was released is wanted, not removed.
  SayWith(h1, [](Report& report) { report.unnamed_apps = {AppName("blog")}; });
  ASSERT_EQ(Confirm("h1")->size(), 1u);
  ASSERT_TRUE(ApplyNow("blog", {Service("web", Ref("1"))}).ok());
  EXPECT_TRUE(Offered("h1").removals.empty());
}

TEST_F(HostVerbs, AdoptGivesTheOldIdWithWhatIsWantedThere) {
  ScriptedAgent& h1 = Join("h1");
  ASSERT_TRUE(ApplyNow("shop", {Database("1")}).ok());
  WorkAll();
  const HostId old_id = h1.host;
  // Its data directory is lost: the same machine joins under another name.
  Disconnect(h1);
  ScriptedAgent& fresh = Join("fresh");
  EXPECT_EQ(Adopt("fresh").status().code(), absl::StatusCode::kFailedPrecondition) << "no strays";
  SayWith(fresh, [&](Report& report) { report.strays = {"shop-db-1 (" + old_id.value + ")"}; });
  EXPECT_EQ(Adopt("fresh", "nobody").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Adopt("fresh", "../x").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Adopt("fresh", fresh.host.value).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Adopt("nobody").status().code(), absl::StatusCode::kNotFound);
  const SessionId session = fresh.session;
  const auto adopted = Adopt("fresh");
  ASSERT_TRUE(adopted.ok()) << adopted.status();
  EXPECT_EQ(*adopted, old_id);
  EXPECT_EQ(fleet_.closed.at(session).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(core_->model().hosts.rows().size(), 1u);
  agents_.erase("h1");
  Join("fresh");
  EXPECT_EQ(fresh.host, old_id);
  WorkAll();
  EXPECT_EQ(Where("shop"), "db.1@fresh");
  EXPECT_TRUE(Status("shop").converged);
}

TEST_F(HostVerbs, AdoptRefusesTheIdOfAHostThatIsConnected) {
  ScriptedAgent& h1 = Join("h1");
  ScriptedAgent& h2 = Join("h2");
  SayWith(h2, [&](Report& report) { report.strays = {"x (" + h1.host.value + ")", "y (other)"}; });
  EXPECT_EQ(Adopt("h2", h1.host.value).status().code(), absl::StatusCode::kFailedPrecondition);
  const absl::Status many = Adopt("h2").status();
  EXPECT_EQ(many.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(Message(many).find("2 host ids"), std::string::npos) << many;
}

TEST_F(HostVerbs, OnlyMoveMovesASlotWithData) {
  Join("h1");
  Join("h2");
  ASSERT_TRUE(ApplyNow("shop", {Database("1")}).ok());
  WorkAll();
  ASSERT_EQ(Where("shop"), "db.1@h1");
  using absl::StatusCode;
  EXPECT_EQ(MoveIt(1, "h9").status().code(), StatusCode::kNotFound);
  EXPECT_EQ(MoveIt(0, "h2").status().code(), StatusCode::kNotFound);
  EXPECT_EQ(MoveIt(2, "h2").status().code(), StatusCode::kNotFound);
  EXPECT_EQ(MoveIt(1, "h2", "none").status().code(), StatusCode::kNotFound);
  EXPECT_TRUE(MoveIt(1, "h1")->nothing_to_do);
  const auto moved = MoveIt(1, "h2");
  ASSERT_TRUE(moved.ok()) << moved.status();
  ASSERT_EQ(moved->warnings.size(), 1u);
  EXPECT_NE(moved->warnings.front().find("not copied"), std::string::npos);
  WorkAll();
  EXPECT_EQ(RolloutWord("shop"), "succeeded");
  EXPECT_EQ(Where("shop"), "db.1@h2");
  EXPECT_EQ(core_->model().removals.rows().size() + core_->model().kept.rows().size(), 0u);
  Disconnect(agents_.at("h1"));
  EXPECT_EQ(MoveIt(1, "h1").status().code(), StatusCode::kFailedPrecondition) << "away";
}

TEST_F(HostVerbs, AMoveGoesOnWhenItsHostSaysNothingButThatTheSlotIsVacated) {
  ScriptedAgent& h1 = Join("h1");
  ScriptedAgent& h2 = Join("h2");
  ASSERT_TRUE(ApplyNow("shop", {Database("1")}).ok());
  WorkAll();
  ASSERT_TRUE(MoveIt(1, "h2").ok());
  const auto wanted = [&] { return core_->model().hosts.Find(h2.host)->generation; };
  const int64_t before = wanted();
  SayWith(h1, [](Report& report) { report.vacated_slots.clear(); });
  EXPECT_EQ(wanted(), before) << "dockerd might start the old one again";
  SayWith(h1, [](Report&) {});
  EXPECT_GT(wanted(), before);
}

TEST_F(HostVerbs, AMoveThatFailsGoesBackToTheHostWithTheDataAndStaysThere) {
  Join("h1");
  ScriptedAgent& h2 = Join("h2");
  ASSERT_TRUE(ApplyNow("shop", {Database("1")}).ok());
  WorkAll();
  const InstanceId before = core_->model().instances.rows().begin()->first;
  ASSERT_TRUE(MoveIt(1, "h2").ok());
  for (int round = 0; round < 5 && RolloutWord("shop") != "rolling_back"; ++round) {
    Work(agents_.at("h1"));
    SayWith(h2, [](Report& report) {
      for (InstanceStatus& status : report.instances) {
        status.state = InstanceState::kFailed;
        status.proven = false;
        status.verdict = true;
        status.failure = FailureKind::kApplication;
        status.reason = "no such directory";
      }
    });
  }
  ASSERT_EQ(RolloutWord("shop"), "rolling_back");
  WorkAll();
  EXPECT_EQ(RolloutWord("shop"), "rolled_back");
  EXPECT_EQ(core_->model().instances.rows().begin()->first, before);
  const SlotKey slot{AppName("shop"), ServiceName("db"), 1};
  EXPECT_EQ(core_->model().bindings.Find(slot)->host, agents_.at("h1").host);
  ASSERT_TRUE(ApplyNow("shop", {Database("2")}).ok());
  WorkAll();
  EXPECT_EQ(Where("shop"), "db.1@h1");
}

}  // namespace
}  // namespace quayside::controller
