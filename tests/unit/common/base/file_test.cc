#include "common/base/file.h"

#include <cstdlib>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/status.h"

namespace quayside {
namespace {

std::string TemporaryDirectory() {
  std::string path = testing::TempDir() + "quayside-file-XXXXXX";
  EXPECT_NE(mkdtemp(path.data()), nullptr);
  return path;
}

// Both stores keep the same promises.
void KeepsWhatItIsGiven(FileStore& files) {
  EXPECT_EQ(files.Read("identity").status().code(), absl::StatusCode::kNotFound);
  ASSERT_TRUE(files.Write("identity", "one").ok());
  ASSERT_TRUE(files.Write("identity", "two").ok());
  EXPECT_EQ(*files.Read("identity"), "two");
  ASSERT_TRUE(files.Write("slots/b", "").ok());
  ASSERT_TRUE(files.Write("slots/a", std::string("\0x", 2)).ok());
  EXPECT_EQ(*files.List("slots"), (std::vector<std::string>{"slots/a", "slots/b"}));
  EXPECT_EQ(*files.Read("slots/a"), std::string("\0x", 2));
  EXPECT_TRUE(files.Remove("slots/a").ok());
  EXPECT_TRUE(files.Remove("slots/a").ok());
  EXPECT_EQ(*files.List("slots"), (std::vector<std::string>{"slots/b"}));
  EXPECT_TRUE(files.List("none")->empty());
}

TEST(DiskFileStore, KeepsWhatItIsGiven) {
  auto files = DiskFileStore::Open(TemporaryDirectory() + "/a/b");
  ASSERT_TRUE(files.ok()) << files.status();
  KeepsWhatItIsGiven(*files);
}

TEST(MemoryFileStore, KeepsWhatItIsGiven) {
  MemoryFileStore files;
  KeepsWhatItIsGiven(files);
}

TEST(DiskFileStore, MakesPrivateDirectoriesAndFiles) {
  const std::string root = TemporaryDirectory() + "/data";
  auto files = DiskFileStore::Open(root);
  ASSERT_TRUE(files.ok());
  ASSERT_TRUE(files->Write("identity", "x").ok());
  struct stat st {};
  ASSERT_EQ(stat(root.c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0700u);
  ASSERT_EQ(stat((root + "/identity").c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0600u);
}

TEST(MemoryFileStore, AFailedWriteChangesNothing) {
  MemoryFileStore files;
  ASSERT_TRUE(files.Write("a", "old").ok());
  files.write_error = ResourceExhausted("disk full");
  EXPECT_FALSE(files.Write("a", "new").ok());
  EXPECT_EQ(*files.Read("a"), "old");
}

TEST(DirectoryLock, HoldsADirectoryUntilItEnds) {
  const std::string directory = TemporaryDirectory();
  {
    const auto held = DirectoryLock::Acquire(directory);
    ASSERT_TRUE(held.ok()) << held.status();
    EXPECT_EQ(DirectoryLock::Acquire(directory).status().code(),
              absl::StatusCode::kFailedPrecondition);
  }
  EXPECT_TRUE(DirectoryLock::Acquire(directory).ok());
}

TEST(ReadFile, RefusesWhatIsTooLarge) {
  const std::string path = TemporaryDirectory() + "/big";
  FILE* f = fopen(path.c_str(), "w");
  ASSERT_NE(f, nullptr);
  fputs("0123456789", f);
  fclose(f);
  EXPECT_EQ(*ReadFile(path, 10), "0123456789");
  EXPECT_EQ(ReadFile(path, 9).status().code(), absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace quayside
