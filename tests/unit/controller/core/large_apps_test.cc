// Nothing long on the core thread (R28): what concerns 10,000 instances is done in shares, turn by
// turn, and a controller that restarts in between goes on with the rest.
#include <algorithm>

#include "controller/core/pace.h"
#include "tests/unit/controller/core/scripted_fleet.h"

namespace quayside::controller {
namespace {

constexpr int kHosts = 200;
constexpr int kInstances = 10'000;
// A share is 1,000 slots; each is a target, an instance that goes and one that comes, and what was
// kept. Its hosts' rows come on top.
constexpr int64_t kMostRows = 4 * 1'000 + kHosts + 100;
// Where rows are counted: what the last slot or host brings, and the rows of hosts, come on top.
constexpr int64_t kMaxRowsInATurn = 1'000 + kHosts + 100;

class LargeApps : public CoreTest {
 protected:
  void SetUp() override {
    CoreTest::SetUp();
    for (int i = 0; i < kHosts; ++i) agents_["h" + std::to_string(1'000 + i)];
    JoinTogether();
  }
  // Every agent connects (again), and reports, each in one turn for all.
  void JoinTogether() {
    std::vector<CoreEvent> hellos;
    for (auto& [name, agent] : agents_) {
      agent.name = name;
      agent.session = next_session_++;
      agent.sequence = 0;
      hellos.push_back(Hello(agent));
    }
    core_->Turn(std::move(hellos));
    for (auto& [name, agent] : agents_) agent.host = fleet_.welcomed.at(agent.session).host;
    WorkTogether();
  }
  static ServiceSpec Large(const std::string& version) {
    ServiceSpec web = Service("web", Ref(version), kInstances);
    web.update.parallelism = 0;
    return web;
  }
  // Every agent takes its assignment and reports, all in one turn.
  void WorkTogether() {
    std::vector<CoreEvent> events;
    for (auto& [name, agent] : agents_) {
      const auto offered = fleet_.offered.find(agent.session);
      if (offered != fleet_.offered.end()) {
        events.push_back(
            AgentAck{agent.session, offered->second->epoch, offered->second->generation, {}, ""});
      }
      events.push_back(AgentReport{agent.session, MakeReport(agent)});
    }
    core_->Turn(std::move(events));
  }
  // Takes at most `limit` turns as long as there is something to do at once, or when a large app is
  // looked at again (pace.h). True when there is no more.
  bool Turns(int limit) {
    for (int turn = 0; turn < limit; ++turn) {
      const int64_t before = store_->rows_written();
      const MonoTime next = Turn();
      most_rows_ = std::max(most_rows_, store_->rows_written() - before);
      ++turns_;
      if (next > clock_.mono + PaceOf(kInstances)) return true;
      if (next > clock_.mono) clock_.Advance(next - clock_.mono);
    }
    return false;
  }
  void Deploy(const std::string& version) {
    ASSERT_TRUE(ApplyNow("shop", {Large(version)}).ok());
    ASSERT_TRUE(Turns(100));
    for (int round = 0; round < 3; ++round) {
      WorkTogether();
      NextLook();  // all that was reported is judged in it
      ASSERT_TRUE(Turns(100));
    }
    ASSERT_EQ(RolloutWord("shop"), "succeeded");
  }
  // The turn in which a large app is looked at again.
  void NextLook() {
    clock_.Advance(PaceOf(kInstances));
    Turn();
  }
  // A restarted controller, to which nobody has come back yet.
  void Restart() { StartCore(); }
  void ForgetCounts() { most_rows_ = turns_ = 0; }
  int OfImage(const std::string& version) {
    int count = 0;
    for (const auto& [id, row] : core_->model().instances.rows()) {
      count += row.desired.revision == (version == "1" ? 1 : 2) ? 1 : 0;
    }
    return count;
  }

  int64_t most_rows_ = 0;
  int64_t turns_ = 0;
};

TEST_F(LargeApps, GoBackInShares) {
  Deploy("1");
  EXPECT_LE(most_rows_, kMostRows);
  ASSERT_TRUE(ApplyNow("shop", {Large("2")}).ok());
  ASSERT_TRUE(Turns(100));
  ASSERT_EQ(OfImage("2"), kInstances);
  ForgetCounts();
  broken_.insert(Ref("2"));
  Work(agents_.begin()->second);
  NextLook();
  ASSERT_EQ(RolloutWord("shop"), "rolling_back");
  EXPECT_GE(OfImage("2"), kInstances - 2'000);
  EXPECT_FALSE(Turns(3));
  const int left = OfImage("2");
  EXPECT_GT(left, 0);
  EXPECT_LT(left, kInstances - 3'000);
  Restart();
  EXPECT_EQ(RolloutWord("shop"), "rolling_back");
  EXPECT_TRUE(Turns(100));
  EXPECT_EQ(OfImage("1"), kInstances);
  EXPECT_LE(most_rows_, kMostRows);
  EXPECT_GE(turns_, 7);
  JoinTogether();
  for (int round = 0; round < 3; ++round) {
    WorkTogether();
    ASSERT_TRUE(Turns(100));
  }
  EXPECT_EQ(RolloutWord("shop"), "rolled_back");
  EXPECT_TRUE(core_->model().kept.rows().empty());
  EXPECT_TRUE(Status("shop").converged);
}

TEST_F(LargeApps, StopInSharesWhatHasNothingToGoBackTo) {
  ASSERT_TRUE(ApplyNow("shop", {Large("1")}).ok());
  ASSERT_TRUE(Turns(100));
  ForgetCounts();
  broken_.insert(Ref("1"));
  Work(agents_.begin()->second);
  EXPECT_TRUE(Turns(100));
  EXPECT_EQ(RolloutWord("shop"), "failed");
  EXPECT_LE(most_rows_, kMostRows);
  EXPECT_GE(turns_, 9);
  for (const auto& [id, row] : core_->model().instances.rows()) {
    ASSERT_EQ(row.desired.intent, Intent::kStop);
  }
}

TEST_F(LargeApps, LetGoInSharesOfWhatWasKept) {
  Deploy("1");
  ASSERT_TRUE(ApplyNow("shop", {Large("2")}).ok());
  ASSERT_TRUE(Turns(100));
  ForgetCounts();
  WorkTogether();
  NextLook();
  ASSERT_EQ(RolloutWord("shop"), "succeeded");
  EXPECT_FALSE(Turns(3));
  const size_t left = core_->model().kept.rows().size();
  EXPECT_GT(left, 0u);
  EXPECT_LT(left, static_cast<size_t>(kInstances));
  Restart();
  EXPECT_TRUE(Turns(100));
  EXPECT_TRUE(core_->model().kept.rows().empty());
  EXPECT_LE(most_rows_, kMaxRowsInATurn);
  for (const auto& [id, row] : core_->model().instances.rows()) {
    ASSERT_TRUE(row.predecessor.empty());
  }
}

TEST_F(LargeApps, AreRemovedInSharesAndForgottenInShares) {
  Deploy("1");
  ForgetCounts();
  RemoveApp rm;
  rm.caller = NewCaller();
  rm.app = AppName("shop");
  ASSERT_TRUE(Ask<ChangeResult>(std::move(rm)).ok());
  EXPECT_GT(core_->model().instances.rows().size(), static_cast<size_t>(kInstances) - 2'000);
  EXPECT_FALSE(Turns(3));
  EXPECT_GT(core_->model().instances.rows().size(), 0u);
  // No host is told half of it: what is named as removed there is not wanted there.
  for (const auto& [key, row] : core_->model().removals.rows()) {
    for (const auto& [id, instance] : core_->model().instances.rows()) {
      ASSERT_NE(instance.desired.host, key.first);
    }
  }
  Restart();
  EXPECT_TRUE(Turns(100));
  EXPECT_TRUE(core_->model().instances.rows().empty());
  ASSERT_EQ(core_->model().removals.rows().size(), static_cast<size_t>(kHosts));
  for (const auto& [key, row] : core_->model().removals.rows()) {
    EXPECT_EQ(row.removal.why, "removed by tester");
  }
  EXPECT_LE(most_rows_, kMaxRowsInATurn);
  EXPECT_GE(turns_, 9);
  JoinTogether();
  ForgetCounts();
  WorkTogether();
  EXPECT_TRUE(Turns(100));
  EXPECT_TRUE(core_->model().apps.rows().empty());
  EXPECT_TRUE(core_->model().rollouts.rows().empty());
  EXPECT_LE(most_rows_, kMaxRowsInATurn);
}

}  // namespace
}  // namespace quayside::controller
