#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/status.h"
#include "controller/store/sqlite.h"
#include "tests/unit/controller/store/sample.h"

namespace quayside::controller {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

std::vector<std::string> FilesIn(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

// A database with rows, and a backup of it.
struct Prepared {
  std::string directory = TemporaryDirectory();
  std::string path = directory + "/db", copy = directory + "/copy";
  Model model = FullModel();
};

Prepared WithBackup() {
  Prepared prepared;
  auto store = *Store::Open(prepared.path);
  EXPECT_TRUE(store->Commit(&prepared.model).ok());
  EXPECT_TRUE(store->BeginBackup(prepared.copy).ok());
  EXPECT_TRUE(*store->StepBackup(-1));
  return prepared;
}

TEST(Backup, CarriesAlongWhatIsWrittenMeanwhile) {
  const std::string directory = TemporaryDirectory();
  auto store = *Store::Open(directory + "/db");
  Model model = LargeModel(5, 40);
  ASSERT_TRUE(store->Commit(&model).ok());
  ASSERT_TRUE(store->BeginBackup(directory + "/copy").ok());
  EXPECT_EQ(store->BeginBackup(directory + "/other").code(), absl::StatusCode::kFailedPrecondition);
  int steps = 0;
  while (true) {
    const auto complete = store->StepBackup(7);
    ASSERT_TRUE(complete.ok()) << complete.status();
    if (*complete) break;
    ++steps;
    HostRow host = model.hosts.rows().begin()->second;
    host.generation = 1000 + steps;
    model.hosts.Put(host.id, host);
    model.instances.Delete(InstanceId("i3h10000" + std::to_string(steps % 5)));
    ASSERT_TRUE(store->Commit(&model).ok());
  }
  EXPECT_GT(steps, 5);
  store.reset();
  EXPECT_TRUE(SameRows(LoadFrom(directory + "/copy"), model));
}

TEST(Backup, IsOneFileAndAnAbortedOneIsNone) {
  const Prepared prepared = WithBackup();
  EXPECT_EQ(FilesIn(prepared.directory), (std::vector<std::string>{"copy", "db"}));
  auto store = *Store::Open(prepared.path);
  ASSERT_TRUE(store->BeginBackup(prepared.directory + "/aborted").ok());
  store->AbortBackup();
  store.reset();
  EXPECT_EQ(FilesIn(prepared.directory), (std::vector<std::string>{"copy", "db"}));
}

TEST(Restore, PutsTheBackupInPlaceWithANewEpochAndKeepsTheOldFile) {
  Prepared prepared = WithBackup();
  Model later = prepared.model;
  later.apps.Put(AppName("later"), {.name = AppName("later")});
  ASSERT_TRUE((*Store::Open(prepared.path))->Commit(&later).ok());

  const absl::Status restored =
      RestoreDatabase(prepared.copy, prepared.path, StoreEpoch("new-epoch"), kNow);
  ASSERT_TRUE(restored.ok()) << restored;
  Model now = LoadFrom(prepared.path);
  FleetRow fleet = *now.fleet.Find(0);
  EXPECT_EQ(fleet.epoch, StoreEpoch("new-epoch"));
  EXPECT_EQ(fleet.recovery_since, kNow);
  EXPECT_NE(fleet.recovery_reason.find(prepared.copy), std::string::npos);
  now.fleet.Put(0, *prepared.model.fleet.Find(0));
  EXPECT_TRUE(SameRows(now, prepared.model));

  std::string aside;
  for (const std::string& name : FilesIn(prepared.directory)) {
    if (name.find("replaced") != std::string::npos) aside = name;
  }
  EXPECT_TRUE(SameRows(LoadFrom(prepared.directory + "/" + aside), later));
}

TEST(Restore, WorksWithoutAnOldDatabaseAndOverADamagedOne) {
  Prepared prepared = WithBackup();
  ASSERT_EQ(unlink(prepared.path.c_str()), 0);
  EXPECT_TRUE(RestoreDatabase(prepared.copy, prepared.path, StoreEpoch("e1"), kNow).ok());
  EXPECT_EQ(LoadFrom(prepared.path).fleet.Find(0)->epoch, StoreEpoch("e1"));
  ASSERT_EQ(truncate(prepared.path.c_str(), 5000), 0);
  EXPECT_TRUE(RestoreDatabase(prepared.copy, prepared.path, StoreEpoch("e2"), kNow).ok());
  EXPECT_EQ(LoadFrom(prepared.path).fleet.Find(0)->epoch, StoreEpoch("e2"));
}

TEST(Restore, RefusesWhatIsNoWholeBackupAndLeavesTheDatabase) {
  Prepared prepared = WithBackup();
  const auto code = [&](const std::string& backup) {
    return RestoreDatabase(backup, prepared.path, StoreEpoch("e"), kNow).code();
  };
  EXPECT_EQ(code(prepared.directory + "/none"), absl::StatusCode::kNotFound);

  const std::string newer = prepared.directory + "/newer";
  std::filesystem::copy(prepared.copy, newer);
  EXPECT_TRUE(
      Database::Open(newer, Database::Mode::kReadWrite)->Execute("PRAGMA user_version = 99").ok());
  EXPECT_EQ(code(newer), absl::StatusCode::kFailedPrecondition);

  const std::string empty = prepared.directory + "/empty";
  std::filesystem::copy(prepared.copy, empty);
  EXPECT_TRUE(Database::Open(empty, Database::Mode::kReadWrite)->Execute("DELETE FROM fleet").ok());
  EXPECT_EQ(code(empty), absl::StatusCode::kDataLoss);

  ASSERT_EQ(truncate(prepared.copy.c_str(), 3 * 4096), 0);
  EXPECT_EQ(code(prepared.copy), absl::StatusCode::kDataLoss);

  EXPECT_EQ(FilesIn(prepared.directory),
            (std::vector<std::string>{"copy", "db", "empty", "newer"}));
  EXPECT_TRUE(SameRows(LoadFrom(prepared.path), prepared.model));
}

TEST(Restore, RefusesWhileAControllerRuns) {
  Prepared prepared = WithBackup();
  int ready[2], done[2];
  ASSERT_EQ(pipe(ready), 0);
  ASSERT_EQ(pipe(done), 0);
  const pid_t child = fork();
  if (child == 0) {
    const auto store = Store::Open(prepared.path);
    char byte = 'y';
    if (!store.ok() || write(ready[1], &byte, 1) != 1 || read(done[0], &byte, 1) != 1) _exit(1);
    _exit(0);
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  const absl::Status restored =
      RestoreDatabase(prepared.copy, prepared.path, StoreEpoch("e"), kNow);
  EXPECT_EQ(restored.code(), absl::StatusCode::kFailedPrecondition) << restored;
  ASSERT_EQ(write(done[1], &byte, 1), 1);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(SameRows(LoadFrom(prepared.path), prepared.model));
}

}  // namespace
}  // namespace quayside::controller
