// `ctl host adopt`: a host takes over the containers of an id that it had before.
#include <gtest/gtest.h>

#include "tests/unit/controller/core/scripted_fleet.h"

namespace quayside::controller {
namespace {

class AdoptTest : public CoreTest {
 protected:
  absl::StatusOr<HostId> Adopt(const std::string& host, const std::string& from) {
    AdoptHost request;
    request.caller = NewCaller();
    request.host = host;
    request.old_host_id = from;
    return Ask<HostId>(std::move(request));
  }
  void ReportStrays(ScriptedAgent& agent, std::vector<std::string> strays) {
    Report report = MakeReport(agent);
    report.strays = std::move(strays);
    Say(AgentReport{agent.session, report});
  }
};

TEST_F(AdoptTest, TakesTheIdThatTheHostsStraysCarry) {
  ScriptedAgent& agent = Join("h1");
  ReportStrays(agent, {"shop-web-1 (oldhostid1)"});
  EXPECT_EQ(*Adopt("h1", ""), HostId("oldhostid1"));
}

TEST_F(AdoptTest, RefusesAnIdThatNoContainerOfTheHostCarries) {
  ScriptedAgent& agent = Join("h1");
  const auto nothing = Adopt("h1", "zzz");
  EXPECT_EQ(nothing.status().code(), absl::StatusCode::kNotFound);
  ReportStrays(agent, {"shop-web-1 (oldhostid1)", "shop-web-2 (oldhostid2)"});
  const auto other = Adopt("h1", "zzz");
  EXPECT_EQ(other.status().code(), absl::StatusCode::kNotFound);
  EXPECT_NE(other.status().message().find("ctl host inspect h1"), absl::string_view::npos);
  EXPECT_EQ(Adopt("h1", "").status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(*Adopt("h1", "oldhostid2"), HostId("oldhostid2"));
}

}  // namespace
}  // namespace quayside::controller
