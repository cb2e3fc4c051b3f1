#include "controller/store/store.h"

#include <string>

#include <gtest/gtest.h>

#include "common/base/status.h"
#include "tests/unit/controller/store/sample.h"

namespace quayside::controller {
namespace {

std::unique_ptr<Store> OpenOrFail(const std::string& path) {
  auto store = Store::Open(path);
  EXPECT_TRUE(store.ok()) << store.status();
  return store.ok() ? *std::move(store) : nullptr;
}

std::vector<int64_t> Ids(const absl::StatusOr<std::vector<EventRow>>& events) {
  EXPECT_TRUE(events.ok()) << events.status();
  std::vector<int64_t> ids;
  for (const EventRow& event : *events) ids.push_back(event.id);
  return ids;
}

TEST(Store, GivesBackEveryFieldOfEveryTable) {
  const std::string path = TemporaryDirectory() + "/db";
  Model model = FullModel();
  ASSERT_TRUE(OpenOrFail(path)->Commit(&model).ok());
  const Model loaded = LoadFrom(path);
  EXPECT_EQ(loaded.hosts.rows(), model.hosts.rows());
  EXPECT_EQ(loaded.revisions.rows(), model.revisions.rows());
  EXPECT_EQ(loaded.rollouts.rows(), model.rollouts.rows());
  EXPECT_EQ(loaded.observed.rows(), model.observed.rows());
  EXPECT_TRUE(SameRows(loaded, model));
  EXPECT_TRUE(loaded.hosts.dirty().empty());
}

TEST(Store, GivesBackEveryWordOfEveryState) {
  auto store = OpenOrFail(":memory:");
  Model model = FullModel();
  for (int state = 0; state <= static_cast<int>(InstanceState::kFailed); ++state) {
    InstanceStatus status = model.observed.rows().begin()->second;
    status.id = InstanceId("s" + std::to_string(state));
    status.state = static_cast<InstanceState>(state);
    status.failure = static_cast<FailureKind>(state % 3);
    model.observed.Put({HostId("host1"), status.id}, status);
  }
  for (int state = 0; state <= static_cast<int>(RolloutState::kSuperseded); ++state) {
    RolloutRow rollout = *model.rollouts.Find(RolloutId("rollout1"));
    rollout.id = RolloutId("r" + std::to_string(state));
    rollout.state = static_cast<RolloutState>(state);
    rollout.targets[0].state = static_cast<TargetState>(state % 7);
    rollout.targets[0].action = static_cast<TargetAction>(state % 4);
    model.rollouts.Put(rollout.id, rollout);
  }
  ASSERT_TRUE(store->Commit(&model).ok());
  Model loaded;
  ASSERT_TRUE(store->Load(&loaded).ok());
  EXPECT_TRUE(SameRows(loaded, model));
}

TEST(Store, WritesOnlyWhatChangedAndForgetsTheMarks) {
  auto store = OpenOrFail(":memory:");
  Model model = FullModel();
  ASSERT_TRUE(store->Commit(&model).ok());
  EXPECT_TRUE(model.hosts.dirty().empty());

  // A row that was never marked is not written, so the database cannot know of it.
  model.apps.Load(AppName("quiet"), {.name = AppName("quiet")});
  RolloutRow rollout = *model.rollouts.Find(RolloutId("rollout1"));
  rollout.targets.pop_back();
  rollout.state = RolloutState::kRolledBack;
  model.rollouts.Put(rollout.id, rollout);
  ASSERT_TRUE(store->Commit(&model).ok());

  Model loaded;
  ASSERT_TRUE(store->Load(&loaded).ok());
  EXPECT_EQ(loaded.apps.Find(AppName("quiet")), nullptr);
  EXPECT_EQ(loaded.rollouts.rows(), model.rollouts.rows());
}

// An open rollout over three hosts, as the turns of a controller change it.
class OpenRollout : public ::testing::Test {
 protected:
  OpenRollout() {
    row_ = *model_.rollouts.Find(RolloutId("rollout1"));
    row_.state = RolloutState::kRunning;
    row_.targets.resize(1);
    for (int i = 2; i <= 3; ++i) {
      row_.targets.push_back(row_.targets[0]);
      row_.targets.back().slot.slot = i;
    }
  }
  absl::Status Commit() {
    model_.rollouts.Put(row_.id, row_);
    return store_->Commit(&model_);
  }
  std::vector<RolloutTarget> Stored() {
    Model loaded;
    EXPECT_TRUE(store_->Load(&loaded).ok());
    return loaded.rollouts.Find(row_.id)->targets;
  }

  std::unique_ptr<Store> store_ = OpenOrFail(":memory:");
  Model model_ = FullModel();
  RolloutRow row_;
};

TEST_F(OpenRollout, KeepsTheTargetsThatDidNotChangeBesideThoseThatDid) {
  ASSERT_TRUE(Commit().ok());
  row_.targets[1].state = TargetState::kProven;
  ASSERT_TRUE(Commit().ok());
  EXPECT_EQ(Stored(), row_.targets);
  row_.targets[0].reason = "it still runs";
  row_.targets.pop_back();
  ASSERT_TRUE(Commit().ok());
  EXPECT_EQ(Stored(), row_.targets);
  row_.targets.push_back(row_.targets[0]);
  row_.state = RolloutState::kRolledBack;
  ASSERT_TRUE(Commit().ok());
  row_.targets[2].reason = "said after the end";
  ASSERT_TRUE(Commit().ok());
  EXPECT_EQ(Stored(), row_.targets);
}

TEST_F(OpenRollout, WritesAgainWhatATransactionThatFailedHadWritten) {
  ASSERT_TRUE(Commit().ok());
  row_.targets[1].state = TargetState::kProven;
  const HostRow host = *model_.hosts.Find(HostId("host1"));
  model_.hosts.Delete(host.id);  // its instances stay: refused when the transaction ends
  ASSERT_FALSE(Commit().ok());
  model_.hosts.Put(host.id, host);
  row_.targets[2].state = TargetState::kProven;
  ASSERT_TRUE(Commit().ok());
  EXPECT_EQ(Stored(), row_.targets);
}

TEST(Store, DeletesWhatIsGone) {
  auto store = OpenOrFail(":memory:");
  Model model = FullModel();
  ASSERT_TRUE(store->Commit(&model).ok());
  const SlotKey slot{AppName("shop"), ServiceName("web"), 2};
  model.hosts.Delete(HostId("host1"));
  model.apps.Delete(AppName("shop"));
  model.revisions.Delete({AppName("shop"), 3});
  model.specs.Delete(SpecDigest("sha256:spec"));
  model.images.Delete("registry.test/web@sha256:0a");
  model.instances.Delete(InstanceId("new"));
  model.kept.Delete(InstanceId("before"));
  model.removals.Delete({HostId("host1"), slot});
  model.bindings.Delete(slot);
  model.rollouts.Delete(RolloutId("rollout1"));
  model.observed.Delete({HostId("host1"), InstanceId("new")});
  model.requests.Delete(RequestId("request"));
  model.fleet.Delete(0);
  const absl::Status committed = store->Commit(&model);
  ASSERT_TRUE(committed.ok()) << committed;
  Model loaded;
  ASSERT_TRUE(store->Load(&loaded).ok());
  EXPECT_TRUE(SameRows(loaded, Model{}));
}

TEST(Store, RefusesRowsThatReferToNothingAndKeepsWhatItHad) {
  auto store = OpenOrFail(":memory:");
  Model model = FullModel();
  ASSERT_TRUE(store->Commit(&model).ok());
  const Model before = model;
  model.apps.Put(AppName("other"), {.name = AppName("other")});
  model.hosts.Delete(HostId("host1"));  // its instances stay: the core's mistake
  EXPECT_EQ(store->Commit(&model).code(), absl::StatusCode::kInternal);
  EXPECT_FALSE(model.hosts.dirty().empty());
  Model loaded;
  ASSERT_TRUE(store->Load(&loaded).ok());
  EXPECT_TRUE(SameRows(loaded, before));
}

TEST(Store, FindsEventsByWhatTheyConcern) {
  auto store = OpenOrFail(":memory:");
  Model model;
  for (int id = 1; id <= 10; ++id) {
    model.new_events.push_back(SampleEvent(id, id % 2 == 0 ? "even" : "odd", id < 6 ? "a" : "b"));
  }
  const EventRow seventh = model.new_events[6];
  ASSERT_TRUE(store->Commit(&model).ok());
  EXPECT_TRUE(model.new_events.empty());

  EXPECT_EQ(Ids(store->Events("", "", InstanceId(), 0, 3)), (std::vector<int64_t>{8, 9, 10}));
  EXPECT_EQ(Ids(store->Events("even", "", InstanceId(), 2, 100)),
            (std::vector<int64_t>{4, 6, 8, 10}));
  EXPECT_EQ(Ids(store->Events("odd", "b", InstanceId(), 0, 100)), (std::vector<int64_t>{7, 9}));
  const auto found = store->Events("", "", InstanceId("i7"), 0, 100);
  ASSERT_EQ(Ids(found), (std::vector<int64_t>{7}));
  EXPECT_EQ(found->front(), seventh);
  EXPECT_TRUE(Ids(store->Events("", "", InstanceId(), 10, 100)).empty());
  EXPECT_TRUE(Ids(store->Events("", "", InstanceId(), 0, 0)).empty());
}

TEST(Store, PrunesEventsInSlicesByAgeAndByNumber) {
  auto store = OpenOrFail(":memory:");
  Model model;
  for (int id = 1; id <= 10; ++id) model.new_events.push_back(SampleEvent(id, "app", "host"));
  const absl::Time fourth = model.new_events[3].at;
  ASSERT_TRUE(store->Commit(&model).ok());
  EXPECT_EQ(*store->PruneEvents(fourth, 100, 2), 2);
  EXPECT_EQ(*store->PruneEvents(fourth, 100, 2), 1);
  EXPECT_EQ(*store->PruneEvents(fourth, 100, 2), 0);
  EXPECT_EQ(Ids(store->Events("", "", InstanceId(), 0, 100)).front(), 4);
  EXPECT_EQ(*store->PruneEvents(fourth, 5, 100), 2);
  EXPECT_EQ(Ids(store->Events("", "", InstanceId(), 0, 100)).front(), 6);
}

TEST(Store, OfARolloutOnlyTheTargetsThatChangedAreWritten) {
  const std::string path = TemporaryDirectory() + "/db";
  RolloutRow row{.id = RolloutId("r"), .app = AppName("shop")};
  for (int slot = 1; slot <= 100; ++slot) {
    row.targets.push_back({.slot = {AppName("shop"), ServiceName("web"), slot}});
  }
  const auto commit = [&](Store& store, Model& model) {
    model.rollouts.Put(row.id, row);
    const int64_t before = store.rows_written();
    EXPECT_TRUE(store.Commit(&model).ok());
    return store.rows_written() - before;
  };
  {
    auto store = OpenOrFail(path);
    Model model;
    EXPECT_EQ(commit(*store, model), 101);
    row.targets[7].reason = "later";
    EXPECT_EQ(commit(*store, model), 2);
  }
  auto store = OpenOrFail(path);
  Model model;
  ASSERT_TRUE(store->Load(&model).ok());
  row.targets[8].reason = "later";
  EXPECT_EQ(commit(*store, model), 2);
  row.targets.resize(90);
  EXPECT_EQ(commit(*store, model), 11);
  row.targets.push_back({.slot = {AppName("shop"), ServiceName("web"), 200}});
  EXPECT_EQ(commit(*store, model), 2);
  store.reset();
  EXPECT_EQ(LoadFrom(path).rollouts.rows(), model.rollouts.rows());
}

TEST(Store, KeepsTextThatIsNoUtf8FromStoppingACommit) {
  auto store = OpenOrFail(":memory:");
  Model model = FullModel();
  HostRow host = *model.hosts.Find(HostId("host1"));
  host.strays = {"web \xff\xfe"};
  model.hosts.Put(host.id, host);
  ASSERT_TRUE(store->Commit(&model).ok());
  Model loaded;
  ASSERT_TRUE(store->Load(&loaded).ok());
  EXPECT_EQ(loaded.hosts.Find(host.id)->strays.size(), 1u);
}

}  // namespace
}  // namespace quayside::controller
