// A disk that is full or fails at any write of a commit: the caller hears of it, and nothing that
// was committed is lost.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "common/base/file.h"
#include "common/base/status.h"
#include "tests/unit/controller/store/fault_vfs.h"
#include "tests/unit/controller/store/sample.h"

namespace quayside::controller {
namespace {

// Commits a change while the disk fails after `writes` writes. True when the commit went through,
// because it needs no more than that.
bool CommitsDespite(int writes, int code, absl::StatusCode expected) {
  FaultVfs disk;
  const std::string path = TemporaryDirectory() + "/db";
  auto store = *Store::Open(path);
  Model model = FullModel();
  EXPECT_TRUE(store->Commit(&model).ok());
  const Model before = model;

  model = LargeModel(2, 30);
  model.new_events.push_back(SampleEvent(1, "shop", "web-1"));
  disk.FailAfter(writes, code);
  const absl::Status committed = store->Commit(&model);
  const bool went_through = committed.ok();
  if (!went_through) {
    EXPECT_EQ(committed.code(), expected) << committed;
    EXPECT_FALSE(model.hosts.dirty().empty()) << "the marks must stay";
    EXPECT_EQ(store->ProbeWrite().code(), expected) << "it is still failing";
    // What the core does next: it loads what the database holds.
    Model loaded;
    EXPECT_TRUE(store->Load(&loaded).ok());
    EXPECT_TRUE(SameRows(loaded, before)) << "after write " << writes;
    disk.Heal();
    const absl::Status probed = store->ProbeWrite();
    EXPECT_TRUE(probed.ok()) << probed;
    const absl::Status again = store->Commit(&model);
    EXPECT_TRUE(again.ok()) << again;
  }
  disk.Heal();
  store.reset();
  EXPECT_TRUE(SameRows(LoadFrom(path), model));
  return went_through;
}

TEST(DiskFault, FullAtAnyWriteOfACommitLosesNothing) {
  int writes = 0;
  while (!CommitsDespite(writes, SQLITE_FULL, absl::StatusCode::kResourceExhausted)) ++writes;
  EXPECT_GT(writes, 5);
}

TEST(DiskFault, BrokenAtAnyWriteOfACommitLosesNothing) {
  int writes = 0;
  while (!CommitsDespite(writes, SQLITE_IOERR_WRITE, absl::StatusCode::kUnavailable)) ++writes;
  EXPECT_GT(writes, 5);
}

TEST(DiskFault, AFullDiskAtTheFirstStartIsSaid) {
  FaultVfs disk;
  disk.FailAfter(1, SQLITE_FULL);
  const auto store = Store::Open(TemporaryDirectory() + "/db");
  EXPECT_EQ(store.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_NE(Message(store.status()).find("free space"), std::string::npos) << store.status();
}

TEST(DiskFault, ABackupThatFindsTheDiskFullLeavesNoFile) {
  FaultVfs disk;
  const std::string directory = TemporaryDirectory();
  auto store = *Store::Open(directory + "/db");
  Model model = LargeModel(1, 30);
  ASSERT_TRUE(store->Commit(&model).ok());
  ASSERT_TRUE(store->BeginBackup(directory + "/copy").ok());
  disk.FailAfter(2, SQLITE_FULL);
  absl::StatusOr<bool> complete = false;
  while (complete.ok() && !*complete) complete = store->StepBackup(5);
  EXPECT_EQ(complete.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReadFile(directory + "/copy", 1 << 20).status().code(), absl::StatusCode::kNotFound);
  disk.Heal();
  EXPECT_TRUE(store->BeginBackup(directory + "/copy").ok());
  EXPECT_TRUE(*store->StepBackup(-1));
}

}  // namespace
}  // namespace quayside::controller
