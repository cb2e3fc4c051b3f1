#include "controller/store/migrate.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include <gtest/gtest.h>

#include "common/base/file.h"
#include "common/base/status.h"
#include "tests/source_dir.h"
#include "tests/unit/controller/store/sample.h"

namespace quayside::controller {
namespace {

// A database as an earlier release left it, kept as SQL text in tests/upgrade.
std::string OldDatabase(const std::string& name, const std::string& directory) {
  const std::string path = directory + "/db";
  auto database = *Database::Open(path, Database::Mode::kCreate);
  const auto sql = ReadFile(SourceDir() + "/tests/upgrade/" + name, 1 << 20);
  EXPECT_TRUE(sql.ok()) << sql.status();
  const absl::Status executed = database.Execute(*sql);
  EXPECT_TRUE(executed.ok()) << executed;
  return path;
}

std::vector<Migration> WithNext(const char* sql) {
  std::vector<Migration> migrations = Migrations();
  migrations.push_back({migrations.back().version + 1, sql});
  return migrations;
}

// What earlier versions did not know, as the migrations fill it in.
Model ModelOfVersionTwo() {
  Model model = FullModel();
  const std::string image = model.images.rows().begin()->first;
  model.images.Delete(image);
  return model;
}

Model ModelOfVersionOne() {
  Model model = ModelOfVersionTwo();
  AppRow app = *model.apps.Find(AppName("shop"));
  app.removed_by = "somebody";
  model.apps.Put(app.name, app);
  return model;
}

TEST(Migrate, ReadsADatabaseOfVersionThree) {
  const std::string path = OldDatabase("store_version_3.sql", TemporaryDirectory());
  EXPECT_TRUE(SameRows(LoadFrom(path), FullModel()));
}

TEST(Migrate, ReadsADatabaseOfVersionTwo) {
  const std::string path = OldDatabase("store_version_2.sql", TemporaryDirectory());
  EXPECT_TRUE(SameRows(LoadFrom(path), ModelOfVersionTwo()));
}

TEST(Migrate, ReadsADatabaseOfVersionOne) {
  const std::string path = OldDatabase("store_version_1.sql", TemporaryDirectory());
  const Model loaded = LoadFrom(path);
  EXPECT_EQ(loaded.hosts.rows(), FullModel().hosts.rows());
  EXPECT_EQ(loaded.revisions.rows(), FullModel().revisions.rows());
  EXPECT_TRUE(SameRows(loaded, ModelOfVersionOne()));
  auto store = *Store::Open(path);
  EXPECT_EQ(store->Events("", "", InstanceId(), 0, 10)->size(), 1u);
}

TEST(Migrate, GoesOnFromWhereItIsAndKeepsACopy) {
  const std::string path = OldDatabase("store_version_1.sql", TemporaryDirectory());
  const auto migrations = WithNext("ALTER TABLE app ADD COLUMN colour TEXT NOT NULL DEFAULT 'red'");
  {
    auto database = *Database::Open(path, Database::Mode::kReadWrite);
    const absl::Status migrated = Migrate(database, migrations);
    ASSERT_TRUE(migrated.ok()) << migrated;
    EXPECT_EQ(*CheckVersion(database, migrations), migrations.back().version);
    EXPECT_EQ(*database.Ask("SELECT colour FROM app"), "red");
    EXPECT_EQ(*database.Ask("PRAGMA foreign_keys"), "1");
  }
  EXPECT_TRUE(SameRows(LoadFrom(path + ".before-version-1"), ModelOfVersionOne()));
}

TEST(Migrate, ThatFailsChangesNothing) {
  const std::string path = OldDatabase("store_version_1.sql", TemporaryDirectory());
  for (const char* sql : {"DELETE FROM instance; DROP TABLE no_such_table",
                          "DELETE FROM spec"}) {  // the second breaks references
    auto database = *Database::Open(path, Database::Mode::kReadWrite);
    EXPECT_FALSE(Migrate(database, WithNext(sql)).ok());
    EXPECT_EQ(*CheckVersion(database, Migrations()), Migrations().back().version);
  }
  EXPECT_TRUE(SameRows(LoadFrom(path), ModelOfVersionOne()));
}

TEST(Migrate, NumbersAreWithoutGaps) {
  int expected = 1;
  for (const Migration& migration : Migrations()) EXPECT_EQ(migration.version, expected++);
}

}  // namespace
}  // namespace quayside::controller
