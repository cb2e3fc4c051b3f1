#include "controller/core/history.h"

#include "tests/unit/controller/core/scripted_fleet.h"

namespace quayside::controller {
namespace {

class Remembering : public CoreTest {
 protected:
  // A version of its own for each number: `Ref` has only one digit.
  static std::string Version(int number) {
    const std::string text = std::to_string(number);
    return "registry.test/web@sha256:" + std::string(64 - text.size(), 'a') + text;
  }
  void Deploy(int number) {
    ASSERT_TRUE(ApplyNow("shop", {Service("web", Version(number))}).ok());
    WorkAll();
  }
  // Lets the core tidy up.
  void Tidy() {
    clock_.Advance(absl::Minutes(2));
    for (auto& [name, agent] : agents_) Work(agent);
    while (Turn() <= clock_.Now()) continue;
  }
  // "1 3-52"
  std::string Revisions() {
    std::string text;
    int64_t last = -1;
    int64_t first = -1;
    const auto close = [&] {
      if (first < 0) return;
      text += (text.empty() ? "" : " ") + std::to_string(first);
      if (last != first) text += "-" + std::to_string(last);
    };
    for (const auto& [key, row] : core_->model().revisions.rows()) {
      if (key.number != last + 1 || first < 0) {
        close();
        first = key.number;
      }
      last = key.number;
    }
    close();
    return text;
  }
};

TEST_F(Remembering, TheNewestFiftyRevisionsStayAndWhatNothingNamesGoesWithTheOthers) {
  Join("h1");
  for (int number = 1; number <= 60; ++number) Deploy(number);
  EXPECT_EQ(Revisions(), "1-60");
  Tidy();
  EXPECT_EQ(Revisions(), "11-60");
  EXPECT_EQ(core_->model().specs.rows().size(), 50u);
  EXPECT_EQ(core_->model().rollouts.rows().size(), 50u);
  StartCore();  // and so says the database
  EXPECT_EQ(Revisions(), "11-60");
  EXPECT_EQ(core_->model().specs.rows().size(), 50u);
  EXPECT_EQ(core_->model().rollouts.rows().size(), 50u);
}

TEST_F(Remembering, WhatIsWantedOrCanBeGoneBackToStaysHoweverOldItIs) {
  Join("h1");
  Deploy(1);
  Deploy(2);
  for (int number = 3; number <= 62; ++number) {
    broken_.insert(Version(number));
    Deploy(number);
    ASSERT_EQ(RolloutWord("shop"), "rolled_back");
  }
  Tidy();
  EXPECT_EQ(Revisions(), "1-2 13-62");
  EXPECT_EQ(Status("shop").revision, 2);
  RollbackApp rollback;
  rollback.caller = NewCaller();
  rollback.app = AppName("shop");
  ASSERT_TRUE(Ask<ChangeResult>(std::move(rollback)).ok());
  WorkAll();
  EXPECT_EQ(Ps("shop").front().status.image, Version(1));
}

TEST_F(Remembering, ARevisionThatAnInstanceWasMadeForStays) {
  Join("h1");
  ASSERT_TRUE(ApplyNow("shop", {Service("db", Ref("1")), Service("web", Version(1))}).ok());
  WorkAll();
  for (int number = 2; number <= 60; ++number) {
    ASSERT_TRUE(ApplyNow("shop", {Service("db", Ref("1")), Service("web", Version(number))}).ok());
    WorkAll();
  }
  Tidy();
  EXPECT_EQ(Revisions(), "1 11-60");
  EXPECT_TRUE(Status("shop").converged);
}

TEST_F(Remembering, TheLastFileStaysWhileVerbsMakeRevisions) {
  Join("h1");
  Deploy(1);
  for (int restart = 0; restart < 60; ++restart) {
    RestartServices request;
    request.caller = NewCaller();
    request.app = AppName("shop");
    ASSERT_TRUE(Ask<ChangeResult>(std::move(request)).ok());
    WorkAll();
  }
  Tidy();
  EXPECT_EQ(Revisions(), "1 12-61");
}

TEST_F(Remembering, OldRevisionsGoInSlicesAndTheSpecsOfARemovedAppGoToo) {
  Join("h1");
  for (int number = 1; number <= 55; ++number) Deploy(number);
  RemoveApp remove;
  remove.caller = NewCaller();
  remove.app = AppName("shop");
  ASSERT_TRUE(Ask<ChangeResult>(std::move(remove)).ok());
  WorkAll();
  EXPECT_EQ(Revisions(), "");
  EXPECT_EQ(core_->model().specs.rows().size(), 55u);
  Tidy();
  EXPECT_TRUE(core_->model().specs.rows().empty());
  Deploy(1);  // and the same again
  EXPECT_EQ(RolloutWord("shop"), "succeeded");
}

}  // namespace
}  // namespace quayside::controller
