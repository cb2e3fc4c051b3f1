// Files that cannot be used as they are: each gets one clear sentence, and stays as it was.
#include <filesystem>
#include <fstream>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/status.h"
#include "controller/store/sqlite.h"
#include "tests/unit/controller/store/sample.h"

namespace quayside::controller {
namespace {

absl::Status OpenStatus(const std::string& path) { return Store::Open(path).status(); }

std::string ContentOf(const std::string& path) { return *ReadFile(path, 64 << 20); }

void Overwrite(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

// A closed database with rows in it.
std::string SampleDatabase(const std::string& directory) {
  const std::string path = directory + "/db";
  Model model = LargeModel(3, 30);
  EXPECT_TRUE((*Store::Open(path))->Commit(&model).ok());
  return path;
}

TEST(Open, MakesAFileThatOnlyItsOwnerCanRead) {
  const std::string path = SampleDatabase(TemporaryDirectory());
  struct stat facts {};
  ASSERT_EQ(stat(path.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
}

TEST(Open, RefusesANewerDatabaseWithASentence) {
  const std::string path = SampleDatabase(TemporaryDirectory());
  {
    auto database = *Database::Open(path, Database::Mode::kReadWrite);
    ASSERT_TRUE(database.Execute("PRAGMA user_version = 99").ok());
  }
  const absl::Status status = OpenStatus(path);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(Message(status).find("its version 99 is newer"), std::string::npos) << status;
  auto database = *Database::Open(path, Database::Mode::kReadWrite);
  EXPECT_EQ(*database.Ask("PRAGMA user_version"), "99");
}

TEST(Open, RefusesWhatIsNoDatabaseAndLeavesItAlone) {
  const std::string path = TemporaryDirectory() + "/db";
  const std::string letter(5000, 'x');
  Overwrite(path, letter);
  const absl::Status status = OpenStatus(path);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_EQ(ContentOf(path), letter);
}

// What a first start leaves that was killed, or found the disk full, before it wrote anything.
TEST(Open, BeginsInAnEmptyFile) {
  const std::string path = TemporaryDirectory() + "/db";
  Overwrite(path, "");
  EXPECT_TRUE(OpenStatus(path).ok()) << OpenStatus(path);
}

TEST(Open, RefusesADatabaseThatLacksATable) {
  const std::string path = SampleDatabase(TemporaryDirectory());
  {
    auto database = *Database::Open(path, Database::Mode::kReadWrite);
    ASSERT_TRUE(database.Execute("DROP TABLE kept").ok());
  }
  const absl::Status status = OpenStatus(path);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_NE(Message(status).find("no such table: kept"), std::string::npos) << status;
  EXPECT_NE(Message(status).find("restore FILE"), std::string::npos) << status;
}

TEST(Open, RefusesADatabaseOfAnotherProgram) {
  const std::string path = TemporaryDirectory() + "/db";
  {
    auto database = *Database::Open(path, Database::Mode::kCreate);
    ASSERT_TRUE(database.Execute("CREATE TABLE photos (name TEXT)").ok());
  }
  const absl::Status status = OpenStatus(path);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(Message(status).find("not one of quayside-controller"), std::string::npos) << status;
}

TEST(Open, FindsADatabaseThatWasCutShort) {
  const std::string path = SampleDatabase(TemporaryDirectory());
  const std::string content = ContentOf(path);
  for (const size_t pages : {1, 3, 9}) {
    Overwrite(path, content.substr(0, pages * 4096));
    EXPECT_EQ(OpenStatus(path).code(), absl::StatusCode::kDataLoss) << pages << " pages";
  }
}

TEST(Open, FindsADamagedPage) {
  const std::string path = SampleDatabase(TemporaryDirectory());
  std::string content = ContentOf(path);
  for (size_t i = 0; i < 300; ++i) content[4 * 4096 + i] = static_cast<char>(i * 7);
  Overwrite(path, content);
  const absl::Status status = OpenStatus(path);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(Message(status).find("restore"), std::string::npos) << status;
}

TEST(Open, RefusesASecondProcess) {
  const std::string path = TemporaryDirectory() + "/db";
  int ready[2], done[2];
  ASSERT_EQ(pipe(ready), 0);
  ASSERT_EQ(pipe(done), 0);
  const pid_t child = fork();
  if (child == 0) {
    const auto store = Store::Open(path);
    char byte = store.ok() ? 'y' : 'n';
    if (write(ready[1], &byte, 1) != 1 || read(done[0], &byte, 1) != 1) _exit(1);
    _exit(0);
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  ASSERT_EQ(byte, 'y');
  const absl::Status status = OpenStatus(path);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(Message(status).find("another process uses it"), std::string::npos) << status;
  ASSERT_EQ(write(done[1], &byte, 1), 1);
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(OpenStatus(path).ok()) << "the lock goes with the process";
}

// Runs `act` as a user who owns nothing here; 0 when it returned true.
int AsNobody(bool (*act)(const std::string& path), const std::string& path) {
  const pid_t child = fork();
  if (child == 0) {
    if (geteuid() == 0 && seteuid(65534) != 0) _exit(2);
    _exit(act(path) ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WEXITSTATUS(status);
}

bool SaysItIsReadOnly(const std::string& path) {
  const absl::Status status = OpenStatus(path);
  return status.code() == absl::StatusCode::kPermissionDenied &&
         Message(status).find("read-only") != std::string::npos;
}

bool SaysItMayNot(const std::string& path) {
  return OpenStatus(path).code() == absl::StatusCode::kPermissionDenied;
}

TEST(Open, SaysThatAFileIsReadOnly) {
  const std::string directory = TemporaryDirectory();
  const std::string path = SampleDatabase(directory);
  ASSERT_EQ(chmod(path.c_str(), 0444), 0);
  ASSERT_EQ(chmod(directory.c_str(), 0777), 0);
  EXPECT_EQ(AsNobody(SaysItIsReadOnly, path), 0);
}

TEST(Open, SaysThatADirectoryIsNotItsOwn) {
  const std::string directory = TemporaryDirectory();
  ASSERT_EQ(chmod(directory.c_str(), 0555), 0);
  EXPECT_EQ(AsNobody(SaysItMayNot, directory + "/db"), 0);
  EXPECT_EQ(OpenStatus(directory + "/none/db").code(), absl::StatusCode::kPermissionDenied);
}

}  // namespace
}  // namespace quayside::controller
