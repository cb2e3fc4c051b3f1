// A database that cannot be written (R29): callers hear of it, nothing that was not written is sent
// or believed, presence lives on, and all goes on by itself when there is space again.
#include <memory>

#include <sqlite3.h>

#include "common/base/status.h"
#include "tests/unit/controller/core/scripted_fleet.h"
#include "tests/unit/controller/store/fault_vfs.h"
#include "tests/unit/controller/store/sample.h"

namespace quayside::controller {
namespace {

class ReadOnly : public CoreTest {
 protected:
  void SetUp() override {
    disk_ = std::make_unique<FaultVfs>();
    path_ = TemporaryDirectory() + "/db";
    Open();
    StartCore();
  }
  void TearDown() override {
    core_.reset();
    store_.reset();
    disk_.reset();
  }
  void Open() {
    auto opened = Store::Open(path_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
  }
  void FillDisk() { disk_->FailAfter(0, SQLITE_FULL); }
  // The space is there again, and the next probe finds it.
  void FreeDisk() {
    disk_->Heal();
    clock_.Advance(options_.read_only_retry);
    Turn();
  }
  bool IsReadOnly() { return Ask<VersionView>(GetVersion{})->read_only; }

  std::unique_ptr<FaultVfs> disk_;
  std::string path_;
};

TEST_F(ReadOnly, AChangeThatCannotBeWrittenIsRefusedAndNothingOfItIsSent) {
  Join("h1");
  ApplyApp apply = Apply("shop", {Service("web", Ref("1"))});
  const int offers = fleet_.offers;
  FillDisk();
  const auto refused = Ask<ChangeResult>(std::move(apply));
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted) << refused.status();
  EXPECT_NE(Message(refused.status()).find("free space"), std::string::npos) << refused.status();
  EXPECT_EQ(fleet_.offers, offers);
  EXPECT_TRUE(core_->model().apps.rows().empty());
  EXPECT_TRUE(core_->model().instances.rows().empty());
  EXPECT_TRUE(IsReadOnly());

  ScaleService scale;
  scale.caller = NewCaller();
  scale.app = AppName("shop");
  const auto next = Ask<ChangeResult>(std::move(scale));
  EXPECT_EQ(next.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_NE(Message(next.status()).find("nothing was changed"), std::string::npos);
  EXPECT_FALSE(Ask<int64_t>(TakeTicket{}).ok());
  EXPECT_EQ(Ask<std::vector<HostView>>(ListHosts{})->size(), 1u) << "reads are answered";
}

TEST_F(ReadOnly, IsProbedEveryFiveSecondsAndEndsByItself) {
  Join("h1");
  ApplyApp apply = Apply("shop", {Service("web", Ref("1"))});
  const RequestId request = apply.caller.request;
  FillDisk();
  EXPECT_FALSE(Ask<ChangeResult>(std::move(apply)).ok());
  const int writes = disk_->count();
  clock_.Advance(absl::Seconds(4));
  EXPECT_EQ(Turn(), clock_.mono + absl::Seconds(1));
  EXPECT_EQ(disk_->count(), writes);
  clock_.Advance(absl::Seconds(1));
  Turn();
  EXPECT_GT(disk_->count(), writes) << "probed";
  EXPECT_TRUE(IsReadOnly());
  FreeDisk();
  EXPECT_FALSE(IsReadOnly());
  EXPECT_EQ(CountEvents("store_writable"), 1);
  // What was refused was not remembered as done.
  apply = Apply("shop", {Service("web", Ref("1"))});
  apply.caller.request = request;
  EXPECT_TRUE(Ask<ChangeResult>(std::move(apply)).ok());
  WorkAll();
  EXPECT_EQ(RolloutWord("shop"), "succeeded");
}

TEST_F(ReadOnly, PresenceAndSessionsLiveOnWithoutAWrite) {
  ScriptedAgent& h1 = Join("h1");
  ScriptedAgent& h2 = Join("h2");
  ApplyApp apply = Apply("shop", {Service("web", Ref("1"))});
  FillDisk();
  EXPECT_FALSE(Ask<ChangeResult>(std::move(apply)).ok());
  const int writes = disk_->count();
  clock_.Advance(absl::Seconds(2));
  Say(AgentHeartbeat{h1.session, 1});
  EXPECT_TRUE(fleet_.committed_report.contains(h1.session)) << "answered";
  Disconnect(h2);
  EXPECT_EQ(StateOf("h2"), "away");
  Join("h2");  // known: it is admitted
  EXPECT_EQ(StateOf("h2"), "ready");
  // Neither a new host nor a copy of a known one makes it write.
  ScriptedAgent fresh{.session = next_session_++, .name = "h3"};
  Say(Hello(fresh));
  EXPECT_EQ(fleet_.closed.at(fresh.session).code(), absl::StatusCode::kUnavailable);
  AgentHello copy = Hello(h1);
  copy.session = next_session_++;
  copy.machine_id = "another";
  Say(copy);
  EXPECT_EQ(fleet_.closed.at(copy.session).code(), absl::StatusCode::kAlreadyExists);
  // An agent that is ahead is held off, not taken for up to date.
  AgentHello ahead = Hello(h2);
  ahead.session = next_session_++;
  ahead.generation = 1'000;
  Say(ahead);
  EXPECT_EQ(fleet_.closed.at(ahead.session).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(disk_->count(), writes);
  clock_.Advance(options_.lease);
  EXPECT_EQ(StateOf("h1"), "lost");
}

TEST_F(ReadOnly, WhatAgentsSaidMeanwhileIsTakenWhenItCanBeWritten) {
  ScriptedAgent& h1 = Join("h1");
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("1"))}).ok());
  FillDisk();
  slow_.insert(Ref("1"));
  Work(h1);  // the first report cannot be written
  EXPECT_TRUE(IsReadOnly());
  slow_.clear();
  Work(h1);  // newer: it stands for both
  Say(AgentHeartbeat{h1.session, 1});
  EXPECT_LT(fleet_.committed_report.at(h1.session), h1.sequence);
  EXPECT_EQ(RolloutWord("shop"), "running");
  FreeDisk();
  EXPECT_EQ(RolloutWord("shop"), "succeeded");
  EXPECT_EQ(core_->model().hosts.Find(h1.host)->acked_generation, h1.generation);
  Say(AgentHeartbeat{h1.session, 2});
  EXPECT_EQ(fleet_.committed_report.at(h1.session), h1.sequence);
}

TEST_F(ReadOnly, AnAgentThatCannotBeAdmittedNowComesAgain) {
  FillDisk();
  ScriptedAgent fresh{.session = next_session_++, .name = "h1"};
  Say(Hello(fresh));
  EXPECT_EQ(fleet_.closed.at(fresh.session).code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(fleet_.welcomed.contains(fresh.session));
  EXPECT_TRUE(core_->model().hosts.rows().empty());
  FreeDisk();
  Join("h1");
  EXPECT_EQ(core_->model().hosts.rows().size(), 1u);
}

TEST_F(ReadOnly, AHostWhoseRemovalCannotBeWrittenKeepsItsSession) {
  ScriptedAgent& h1 = Join("h1");
  FillDisk();
  RemoveHost rm;
  rm.caller = NewCaller();
  rm.host = "h1";
  EXPECT_FALSE(Ask<std::monostate>(std::move(rm)).ok());
  EXPECT_FALSE(fleet_.closed.contains(h1.session));
  EXPECT_EQ(StateOf("h1"), "ready");
}

TEST_F(ReadOnly, AControllerStartsWithAFullDiskAndGivesRolloutsTheirTimeBack) {
  ScriptedAgent& h1 = Join("h1");
  slow_.insert(Ref("1"));
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("1"))}).ok());
  Work(h1);
  core_.reset();
  store_.reset();
  FillDisk();
  Open();
  clock_.Advance(absl::Hours(1));
  StartCore();
  EXPECT_TRUE(IsReadOnly());
  EXPECT_EQ(RolloutWord("shop"), "running");
  Join("h1");
  FreeDisk();
  slow_.clear();
  WorkAll();
  EXPECT_EQ(RolloutWord("shop"), "succeeded");
}

TEST_F(ReadOnly, ARestoredDatabaseIsNotServedBeforeItsHoldIsStored) {
  Join("h1");
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("1"))}).ok());
  core_.reset();
  store_.reset();
  const std::string copy = path_ + ".copy";
  Open();
  ASSERT_TRUE(store_->BeginBackup(copy).ok());
  ASSERT_TRUE(*store_->StepBackup(-1));
  store_.reset();
  ASSERT_TRUE(RestoreDatabase(copy, path_, StoreEpoch("restored"), clock_.wall).ok());
  Open();
  FillDisk();
  core_ = std::make_unique<Core>(options_, clock_, random_, *store_, fleet_);
  EXPECT_FALSE(core_->Start().ok());
}

}  // namespace
}  // namespace quayside::controller
