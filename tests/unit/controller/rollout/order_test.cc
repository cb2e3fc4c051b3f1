#include "controller/rollout/order.h"

#include <gtest/gtest.h>

namespace quayside::controller {
namespace {

// {"web", "api"}: web depends on api.
AppSpec App(const std::vector<std::vector<std::string>>& services) {
  AppSpec spec;
  for (const std::vector<std::string>& names : services) {
    ServiceSpec service;
    service.name = ServiceName(names.front());
    for (size_t i = 1; i < names.size(); ++i) {
      service.container.depends_on.push_back({ServiceName(names[i])});
    }
    spec.services.push_back(std::move(service));
  }
  return spec;
}

std::string Print(const AppSpec& spec) {
  std::string text;
  for (const auto& [service, depth] : DependencyDepth(spec)) {
    text += (text.empty() ? "" : " ") + service.value + "=" + std::to_string(depth);
  }
  return text;
}

TEST(Order, ADependencyComesBeforeThoseThatDependOnIt) {
  EXPECT_EQ(Print(App({})), "");
  EXPECT_EQ(Print(App({{"web"}, {"api"}})), "api=0 web=0");
  EXPECT_EQ(Print(App({{"web", "api"}, {"api", "db"}, {"db"}})), "api=1 db=0 web=2");
  EXPECT_EQ(Print(App({{"db"}, {"api", "db"}, {"web", "api", "db"}})), "api=1 db=0 web=2");
}

TEST(Order, ADependencyThatTheAppHasNotCountsNothing) {
  EXPECT_EQ(Print(App({{"web", "gone"}})), "web=0");
}

TEST(Order, ACycleEnds) {
  const std::map<ServiceName, int> depth =
      DependencyDepth(App({{"a", "b"}, {"b", "a"}, {"c", "c"}, {"d", "a"}}));
  EXPECT_EQ(depth.size(), 4u);
}

}  // namespace
}  // namespace quayside::controller
