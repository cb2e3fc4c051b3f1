// Image cleanup on the hosts: who is asked, and that every caller gets an answer within its time.
#include "common/base/status.h"
#include "tests/unit/controller/core/scripted_fleet.h"

namespace quayside::controller {
namespace {

class CommandsTest : public CoreTest {
 protected:
  using Results = std::optional<absl::StatusOr<std::vector<GcHostResult>>>;

  // The answer comes into *into when it comes.
  void Clean(const std::string& host, Results* into) {
    CollectGarbage request;
    request.caller = NewCaller();
    request.host = host;
    request.dry_run = true;
    request.done = [into](absl::StatusOr<std::vector<GcHostResult>> result) {
      *into = std::move(result);
    };
    std::vector<CoreEvent> events;
    events.push_back(Request(std::move(request)));
    core_->Turn(std::move(events));
  }
  void Answer(const ScriptedAgent& agent, std::vector<std::string> lines) {
    Say(AgentCommandResult{agent.session, fleet_.commands.at(agent.session), absl::OkStatus(),
                           std::move(lines)});
  }
};

TEST_F(CommandsTest, EveryReadyHostIsAskedAndTheOthersAreNamed) {
  Join("h1");
  Join("h2");
  Disconnect(agents_["h2"]);
  Results results;
  Clean("", &results);
  EXPECT_FALSE(results.has_value()) << "h1 has not answered yet";
  Answer(agents_["h1"], {"would remove web:old"});
  ASSERT_TRUE(results.has_value() && results->ok());
  ASSERT_EQ((*results)->size(), 2u);
  EXPECT_EQ((**results)[0].lines, std::vector<std::string>{"would remove web:old"});
  EXPECT_EQ((**results)[1].host, "h2");
  EXPECT_EQ((**results)[1].lines, std::vector<std::string>{"not asked, because it is away"});
  EXPECT_EQ((**results)[1].error, "");
}

TEST_F(CommandsTest, WithNoReadyHostTheAnswerComesAtOnce) {
  Results none, away;
  Clean("", &none);
  ASSERT_TRUE(none.has_value() && none->ok());
  EXPECT_TRUE((*none)->empty());
  Join("h1");
  Disconnect(agents_["h1"]);
  Clean("", &away);
  ASSERT_TRUE(away.has_value() && away->ok());
  EXPECT_EQ((**away)[0].lines, std::vector<std::string>{"not asked, because it is away"});
}

TEST_F(CommandsTest, AHostThatIsNamedHasToBeThereAndReady) {
  Join("h1");
  Disconnect(agents_["h1"]);
  Results unknown, away;
  Clean("h9", &unknown);
  EXPECT_EQ(unknown->status().code(), absl::StatusCode::kNotFound);
  Clean("h1", &away);
  EXPECT_EQ(away->status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(CommandsTest, AHostThatGoesAwayOrSaysNothingEndsTheWait) {
  Join("h1");
  Join("h2");
  Results results;
  Clean("", &results);
  Disconnect(agents_["h1"]);
  EXPECT_FALSE(results.has_value());
  clock_.Advance(absl::Seconds(61));
  Turn();
  ASSERT_TRUE(results.has_value() && results->ok());
  EXPECT_EQ((**results)[0].error, "its session ended before it answered");
  EXPECT_EQ((**results)[1].error, "it did not answer in time");
}

TEST_F(CommandsTest, TooManyAtATimeAreRefused) {
  Join("h1");
  std::vector<Results> results(17);
  for (Results& result : results) Clean("h1", &result);
  for (size_t i = 0; i < 16; ++i) EXPECT_FALSE(results[i].has_value());
  ASSERT_TRUE(results[16].has_value());
  EXPECT_EQ(results[16]->status().code(), absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace quayside::controller
