#include "common/compose/mounts.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/common/compose/load.h"

namespace quayside::compose {
namespace {

using testing::HasSubstr;

MountSpec Mount(const std::string& text) {
  const auto loaded =
      LoadText(WebWith("    volumes:\n      - " + text + "\n") + "volumes: {data: }\n");
  EXPECT_TRUE(loaded.ok()) << loaded.status();
  if (!loaded.ok() || loaded->spec.services.at(0).container.mounts.size() != 1) return {};
  return loaded->spec.services.at(0).container.mounts.front();
}

std::string MountError(const std::string& text) {
  return ErrorOf(WebWith("    volumes:\n      - " + text + "\n") + "volumes: {data: }\n");
}

MountSpec Volume(std::string source, std::string target) {
  MountSpec mount;
  mount.source = std::move(source);
  mount.target = std::move(target);
  return mount;
}

MountSpec Bind(std::string source, std::string target) {
  MountSpec mount = Volume(std::move(source), std::move(target));
  mount.type = MountType::kBind;
  mount.bind_create_host_path = true;
  return mount;
}

TEST(Mounts, ReadTheShortForm) {
  EXPECT_EQ(Mount("/anonymous"), Volume("", "/anonymous"));
  EXPECT_EQ(Mount("data:/d"), Volume("data", "/d"));
  EXPECT_EQ(Mount("/srv:/d"), Bind("/srv", "/d"));
  MountSpec read_only = Volume("data", "/d");
  read_only.read_only = true;
  EXPECT_EQ(Mount("data:/d:ro"), read_only);
  EXPECT_EQ(Mount("data:/d:rw"), Volume("data", "/d"));
  read_only.volume_nocopy = true;
  EXPECT_EQ(Mount("data:/d:ro,nocopy"), read_only);
  MountSpec shared = Bind("/srv", "/d");
  shared.bind_propagation = "rshared";
  EXPECT_EQ(Mount("/srv:/d:rshared,cached"), shared);
}

TEST(Mounts, ReadTheLongForm) {
  EXPECT_EQ(Mount("{type: volume, source: data, target: /d}"), Volume("data", "/d"));
  EXPECT_EQ(Mount("{type: volume, target: /d, consistency: cached}"), Volume("", "/d"));
  MountSpec bind = Bind("/srv", "/d");
  EXPECT_EQ(Mount("{type: bind, source: /srv, target: /d, bind: {create_host_path: true}}"), bind);
  bind.bind_create_host_path = false;
  EXPECT_EQ(Mount("{type: bind, source: /srv, target: /d}"), bind);
  MountSpec tmpfs = Volume("", "/d");
  tmpfs.type = MountType::kTmpfs;
  tmpfs.tmpfs_size_bytes = 1024;
  tmpfs.tmpfs_mode = 01777;
  for (const char* mode : {"1777", "01777", "0o1777", "'1777'"}) {
    EXPECT_EQ(
        Mount("{type: tmpfs, target: /d, tmpfs: {size: 1k, mode: " + std::string(mode) + "}}"),
        tmpfs);
  }
}

TEST(Mounts, RefuseARelativeSourceWithAHint) {
  for (const char* source :
       {"./conf:/c", "../conf:/c", "~/conf:/c", "conf/x:/c",
        "{type: bind, source: ./conf, target: /c}", "{type: bind, source: conf, target: /c}"}) {
    EXPECT_THAT(MountError(source),
                HasSubstr("is not an absolute path; a relative path has no meaning "
                          "on another host; write the absolute path"))
        << source;
  }
}

TEST(Mounts, SayWhatIsWrong) {
  EXPECT_THAT(MountError("other:/d"),
              HasSubstr("services.web.volumes: the volume other is not declared"));
  EXPECT_THAT(MountError("data:d"), HasSubstr("the target \"d\" is not an absolute path"));
  EXPECT_THAT(MountError("data:/d:fast"), HasSubstr("\"fast\" is not an option of a mount"));
  EXPECT_THAT(MountError("data:/d:z"), HasSubstr("the option z is not supported; SELinux"));
  EXPECT_THAT(MountError("a:/b:ro:x"), HasSubstr("use the long form"));
  EXPECT_THAT(MountError("':/d'"), HasSubstr("the source is empty"));
  EXPECT_THAT(MountError("{source: data, target: /d}"), HasSubstr("the long form needs type"));
  EXPECT_THAT(MountError("{type: volume, source: data}"), HasSubstr("the long form needs target"));
  EXPECT_THAT(MountError("{type: volume, source: /x, target: /d}"), HasSubstr("say type: bind"));
  EXPECT_THAT(MountError("{type: npipe, source: x, target: /d}"),
              HasSubstr("the type npipe is not supported"));
  EXPECT_THAT(MountError("{type: drum, target: /d}"),
              HasSubstr("\"drum\" is not one of volume, bind, tmpfs"));
  EXPECT_THAT(MountError("{type: tmpfs, source: x, target: /d}"),
              HasSubstr("a tmpfs has no source"));
  EXPECT_THAT(MountError("{type: tmpfs, target: /d, tmpfs: {mode: 9}}"),
              HasSubstr("file mode in octal"));
  EXPECT_THAT(MountError("{type: volume, target: /d, volume: {subpath: x}}"),
              HasSubstr("services.web.volumes.volume.subpath: not supported"));
  EXPECT_THAT(MountError("{type: bind, source: /s, target: /d, bind: {selinux: z}}"),
              HasSubstr("services.web.volumes.bind.selinux: not supported"));
  EXPECT_THAT(ErrorOf(WebWith("    volumes: ['/a:/x', '/b:/x']\n    tmpfs: /x\n")),
              HasSubstr("two mounts have the target /x"));
}

TEST(Mounts, ReadTmpfs) {
  const auto mounts =
      Container("    tmpfs: ['/run', '/scratch:size=64m,mode=700,noexec,ro']\n").mounts;
  ASSERT_EQ(mounts.size(), 2u);
  EXPECT_EQ(mounts[0].type, MountType::kTmpfs);
  EXPECT_EQ(mounts[1].tmpfs_size_bytes, 64u << 20);
  EXPECT_EQ(mounts[1].tmpfs_mode, 0700u);
  EXPECT_TRUE(mounts[1].read_only);
  EXPECT_EQ(Container("    tmpfs: /run\n").mounts.at(0).target, "/run");
  EXPECT_THAT(ErrorOf(WebWith("    tmpfs: '/run:exec'\n")),
              HasSubstr("the option exec of a tmpfs is not supported"));
  EXPECT_THAT(ErrorOf(WebWith("    tmpfs: run\n")), HasSubstr("is not an absolute path"));
}

}  // namespace
}  // namespace quayside::compose
