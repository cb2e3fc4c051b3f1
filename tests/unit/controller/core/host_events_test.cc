// What is told of hosts and of what happens on them.
#include <gtest/gtest.h>

#include "common/model/event_kind.h"
#include "tests/unit/controller/core/scripted_fleet.h"

namespace quayside::controller {
namespace {

class HostEventsTest : public CoreTest {
 protected:
  std::vector<EventRow> Events() {
    ListEvents request;
    request.limit = 1000;
    return *Ask<std::vector<EventRow>>(std::move(request));
  }
  int Count(std::string_view kind) {
    int count = 0;
    for (const EventRow& event : Events()) count += event.kind == kind ? 1 : 0;
    return count;
  }
};

TEST_F(HostEventsTest, EachReturnAfterAnAbsenceIsTold) {
  Join("h1");
  Turn();
  EXPECT_EQ(Count(event_kind::kHostBack), 0);
  for (int times = 1; times <= 3; ++times) {
    Disconnect(agents_["h1"]);
    Turn();
    EXPECT_EQ(Count(event_kind::kHostAway), times);
    Join("h1");
    Turn();
    EXPECT_EQ(Count(event_kind::kHostBack), times);
  }
}

TEST_F(HostEventsTest, WhatHappenedToAContainerNamesItsSlot) {
  ScriptedAgent& agent = Join("h1");
  Report report = MakeReport(agent);
  report.events.push_back({.sequence = 1,
                           .at = clock_.wall,
                           .kind = event_kind::kContainerExited,
                           .slot = {AppName("shop"), ServiceName("web"), 2},
                           .instance = InstanceId("abc"),
                           .message = "exited with code 1"});
  Say(AgentReport{agent.session, report});
  EXPECT_EQ(Events().back().message, "web.2: exited with code 1");
}

}  // namespace
}  // namespace quayside::controller
