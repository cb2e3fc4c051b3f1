// A controller killed at any moment around a commit: what was acknowledged is there, whole, and
// nothing by halves.
#include <csignal>
#include <string>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/random.h"
#include "common/base/status.h"
#include "tests/unit/controller/store/sample.h"

namespace quayside::controller {
namespace {

// Each commit writes its number to two tables, so that half a commit shows.
absl::Status CommitNumber(Store& store, Model& model, int64_t number) {
  FleetRow fleet;
  if (const FleetRow* now = model.fleet.Find(0)) fleet = *now;
  fleet.next_ticket = number;
  model.fleet.Put(0, fleet);
  AppRow app;
  app.name = AppName("app");
  app.ticket = number;
  model.apps.Put(app.name, app);
  model.new_events.push_back(SampleEvent(number, "app", "host"));
  return store.Commit(&model);
}

// The controller: goes on from what it finds and says each number after its commit, until it is
// killed.
[[noreturn]] void Serve(const std::string& path, int answers) {
  auto store = Store::Open(path);
  Model model;
  if (!store.ok() || !(*store)->Load(&model).ok()) _exit(1);
  const FleetRow* fleet = model.fleet.Find(0);
  for (int64_t number = fleet == nullptr ? 1 : fleet->next_ticket + 1;; ++number) {
    if (!CommitNumber(**store, model, number).ok()) _exit(2);
    if (write(answers, &number, sizeof number) != sizeof number) _exit(3);
  }
}

TEST(Crash, AcknowledgedCommitsSurviveAKillAtAnyMoment) {
  const std::string path = TemporaryDirectory() + "/db";
  SeededRandom random(7);
  int64_t acknowledged = 0;
  for (int round = 0; round < 25; ++round) {
    int answers[2];
    ASSERT_EQ(pipe(answers), 0);
    const pid_t child = fork();
    if (child == 0) {
      close(answers[0]);
      Serve(path, answers[1]);
    }
    close(answers[1]);
    // Killed after some answers, wherever it is by then: before, in or after the next commit.
    int64_t number = 0;
    const uint64_t wanted = 1 + random.Below(12);
    for (uint64_t i = 0; i < wanted; ++i) {
      ASSERT_EQ(read(answers[0], &number, sizeof number), static_cast<ssize_t>(sizeof number));
    }
    kill(child, SIGKILL);
    while (read(answers[0], &number, sizeof number) == sizeof number) {
    }
    close(answers[0]);
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "it ended by itself: " << status;
    acknowledged = number;

    const Model found = LoadFrom(path);
    ASSERT_NE(found.fleet.Find(0), nullptr);
    const int64_t stored = found.fleet.Find(0)->next_ticket;
    EXPECT_GE(stored, acknowledged) << "an acknowledged commit is gone";
    EXPECT_LE(stored, acknowledged + 1);
    EXPECT_EQ(found.apps.Find(AppName("app"))->ticket, stored) << "half a commit";
    auto store = *Store::Open(path);
    EXPECT_EQ(store->Events("", "", InstanceId(), 0, 1)->back().id, stored);
  }
  EXPECT_GT(acknowledged, 25);
}

}  // namespace
}  // namespace quayside::controller
