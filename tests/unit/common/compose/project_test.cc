#include "common/compose/project.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/common/compose/load.h"

namespace quayside::compose {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

// Loads two -f files of one project.
absl::StatusOr<LoadedApp> LoadTwo(std::string_view base, std::string_view over) {
  ProjectDirectory directory;
  LoadOptions options;
  options.files = {directory.Write("compose.yaml", base), directory.Write("over.yaml", over)};
  absl::StatusOr<LoadedApp> loaded = Load(options);
  if (loaded.ok()) return loaded;
  return MakeStatus(loaded.status().code(), directory.Relative(Message(loaded.status())));
}

ContainerSpec Merged(std::string_view base, std::string_view over) {
  const auto loaded = LoadTwo(WebWith(base), "services:\n  web:\n" + std::string(over));
  EXPECT_TRUE(loaded.ok()) << loaded.status();
  if (!loaded.ok()) return {};
  return loaded->spec.services.front().container;
}

// ---- merging ----

TEST(Merge, ReplacesWhatCannotBeAppended) {
  EXPECT_THAT(*Merged("    command: [a, b]\n", "    command: [c]\n").command, ElementsAre("c"));
  EXPECT_THAT(*Merged("    entrypoint: [a]\n", "    entrypoint: b c\n").entrypoint,
              ElementsAre("b", "c"));
  const auto check = Merged("    healthcheck: {test: [CMD, a], interval: 5s}\n",
                            "    healthcheck: {test: [CMD, b]}\n")
                         .health_check;
  EXPECT_THAT(check->test, ElementsAre("CMD", "b"));
  EXPECT_EQ(check->interval, absl::Seconds(5));
  EXPECT_EQ(Merged("    user: a\n", "    user: b\n").user, "b");
  EXPECT_EQ(Merged("    user: a\n", "    user:\n").user, "a");
}

TEST(Merge, MergesKeyValuesOfBothForms) {
  EXPECT_THAT(
      Merged("    environment: {A: '1', B: '1'}\n", "    environment: [B=2, C=2]\n").environment,
      ElementsAre(Pair("A", "1"), Pair("B", "2"), Pair("C", "2")));
  EXPECT_THAT(Merged("    labels: [a=1]\n", "    labels: {a: 2, b: ''}\n").labels,
              ElementsAre(Pair("a", "2"), Pair("b", "")));
  EXPECT_THAT(Merged("    sysctls: [x=1]\n", "    sysctls: [y=2]\n").sysctls,
              ElementsAre(Pair("x", "1"), Pair("y", "2")));
}

TEST(Merge, AppendsListsWithTheirUniqueKeys) {
  EXPECT_EQ(Merged("    ports: ['80:80', '81:81']\n",
                   "    ports: [{target: 80, published: 80}, '82:82']\n")
                .ports.size(),
            3u);
  const auto mounts =
      Merged("    volumes: ['/a:/x', '/b:/y']\n", "    volumes: ['/c:/x:ro']\n").mounts;
  ASSERT_EQ(mounts.size(), 2u);
  EXPECT_EQ(mounts[0].source, "/c");
  EXPECT_TRUE(mounts[0].read_only);
  EXPECT_EQ(mounts[1].source, "/b");
  EXPECT_THAT(Merged("    dns: 1.1.1.1\n", "    dns: [1.1.1.1, 8.8.8.8]\n").dns,
              ElementsAre("1.1.1.1", "8.8.8.8"));
  EXPECT_THAT(Merged("    cap_add: [A]\n", "    cap_add: [A, B]\n").cap_add, ElementsAre("A", "B"));
  EXPECT_THAT(
      Merged("    extra_hosts: {a: 10.0.0.1}\n", "    extra_hosts: ['b:10.0.0.2']\n").extra_hosts,
      ElementsAre("a:10.0.0.1", "b:10.0.0.2"));
  EXPECT_EQ(Merged("    devices: ['/dev/a:/dev/x']\n", "    devices: ['/dev/b:/dev/x']\n")
                .devices.at(0)
                .host_path,
            "/dev/b");
  EXPECT_EQ(Merged("    tmpfs: /run\n", "    tmpfs: ['/run:size=1m', '/tmp']\n").mounts.size(), 2u);
}

TEST(Merge, MergesNamesOfBothForms) {
  const auto loaded = LoadTwo(
      "services:\n  web: {image: i, depends_on: [a], networks: [one]}\n  a: {image: i}\n  b: "
      "{image: i}\n"
      "networks: {one: , two: }\n",
      "services:\n  web:\n    depends_on: {b: {condition: service_healthy}}\n"
      "    networks: {one: {aliases: [x]}, two: }\n");
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  const ContainerSpec& web = loaded->spec.services.at(2).container;
  ASSERT_EQ(web.depends_on.size(), 2u);
  EXPECT_EQ(web.depends_on[1].condition, DependencyCondition::kHealthy);
  ASSERT_EQ(web.network_attachments.size(), 2u);
  EXPECT_THAT(web.network_attachments[0].aliases, ElementsAre("x"));
}

TEST(Merge, KeepsLoggingOptionsWithTheirDriver) {
  EXPECT_THAT(
      Merged("    logging: {driver: a, options: {x: '1'}}\n", "    logging: {options: {y: '2'}}\n")
          .log_options,
      ElementsAre(Pair("x", "1"), Pair("y", "2")));
  EXPECT_THAT(Merged("    logging: {driver: a, options: {x: '1'}}\n",
                     "    logging: {driver: b, options: {y: '2'}}\n")
                  .log_options,
              ElementsAre(Pair("y", "2")));
}

TEST(Merge, ResetsAndOverrides) {
  EXPECT_THAT(Merged("    ports: ['80:80']\n", "    ports: !reset []\n").ports, IsEmpty());
  EXPECT_THAT(Merged("    environment: {A: '1', B: '2'}\n", "    environment: {A: !reset null}\n")
                  .environment,
              ElementsAre(Pair("B", "2")));
  EXPECT_EQ(
      Merged("    ports: ['80:80']\n", "    ports: !override ['81:81']\n").ports.at(0).host_port,
      81u);
  EXPECT_EQ(Merged("    ports: ['80:80']\n", "    ports: !override ['81:81']\n").ports.size(), 1u);
  EXPECT_THAT(Container("    ports: !reset ['80:80']\n").ports, IsEmpty());
}

TEST(Merge, AddsServicesNetworksAndVolumes) {
  const auto loaded =
      LoadTwo(WebWith("    volumes: ['a:/a', 'b:/b']\n") + "volumes: {a: {labels: [x=1]}}\n",
              "services: {db: {image: j}}\nvolumes: {a: {labels: {y: '2'}}, b: }\n");
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->spec.services.size(), 2u);
  EXPECT_EQ(loaded->spec.services[1].container.volumes.at("a").labels.size(), 2u);
}

TEST(Merge, PointsIntoTheFileThatIsWrong) {
  const auto loaded = LoadTwo(WebWith(""), "services:\n  web:\n    ports: [x]\n");
  EXPECT_THAT(Message(loaded.status()), HasSubstr("over.yaml:3:13: services.web.ports"));
}

TEST(Merge, SeveralDocumentsOfAFileAreAsSeveralFiles) {
  EXPECT_EQ(
      OneService(WebWith("    user: a\n") + "---\nservices: {web: {user: b}}\n").container.user,
      "b");
}

// ---- extends ----

TEST(Extends, TakesOverAServiceOfTheSameFile) {
  const auto loaded = LoadText(
      "services:\n"
      "  web: {extends: base, command: [own]}\n"
      "  deep: {extends: {service: web}, user: u}\n"
      "  base: {image: i, command: [base], labels: {a: '1'}}\n");
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  const ContainerSpec& deep = loaded->spec.services.at(1).container;
  EXPECT_EQ(deep.image, "i");
  EXPECT_THAT(*deep.command, ElementsAre("own"));
  EXPECT_EQ(deep.labels.at("a"), "1");
}

TEST(Extends, TakesOverAServiceOfAnotherFileWithItsPaths) {
  ProjectDirectory directory;
  directory.Write(
      "common/base.yaml",
      "services:\n  base:\n    image: i:$TAG\n    env_file: vars.env\n    extends: root\n"
      "  root: {image: none, hostname: h}\n");
  directory.Write("common/vars.env", "A=common\n");
  directory.Write("vars.env", "B=own\n");
  LoadOptions options;
  options.environment = {{"TAG", "7"}};
  options.files = {directory.Write("compose.yaml",
                                   "services:\n  web:\n"
                                   "    extends: {file: common/base.yaml, service: base}\n"
                                   "    env_file: [vars.env]\n")};
  const auto loaded = Load(options);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  const ContainerSpec& web = loaded->spec.services.at(0).container;
  EXPECT_EQ(web.image, "i:7");
  EXPECT_EQ(web.hostname, "h");
  EXPECT_THAT(web.environment, ElementsAre(Pair("A", "common"), Pair("B", "own")));
}

TEST(Extends, SaysWhatIsWrong) {
  EXPECT_THAT(ErrorOf("services:\n  a: {image: i, extends: b}\n  b: {image: i, extends: a}\n"),
              HasSubstr("the services extend each other in a circle"));
  EXPECT_THAT(ErrorOf("services:\n  a: {image: i, extends: a}\n"), HasSubstr("in a circle"));
  EXPECT_THAT(ErrorOf("services:\n  a: {image: i, extends: x}\n"),
              HasSubstr("compose.yaml:2:26: services.a.extends: there is no service x in"));
  EXPECT_THAT(ErrorOf("services:\n  a: {image: i, extends: {file: none.yaml, service: x}}\n"),
              HasSubstr("services.a.extends.file: Cannot read none.yaml"));
  EXPECT_THAT(ErrorOf("services:\n  a: {image: i, extends: {servce: x}}\n"),
              HasSubstr("services.a.extends.servce: no such key; did you mean service?"));
  EXPECT_THAT(ErrorOf("services:\n  a: {image: i, extends: [x]}\n"),
              HasSubstr("a service name, or a map of service and file"));
}

TEST(Extends, AcrossFilesInACircleIsAnError) {
  ProjectDirectory directory;
  LoadOptions options;
  options.files = {directory.Write(
      "compose.yaml", "services: {a: {image: i, extends: {file: b.yaml, service: b}}}\n")};
  directory.Write("b.yaml", "services: {b: {extends: {file: compose.yaml, service: a}}}\n");
  EXPECT_THAT(Message(Load(options).status()), HasSubstr("in a circle"));
}

TEST(Extends, ThatMultiplyAreStopped) {
  std::string text = "services:\n  base:\n    image: i\n    labels:\n";
  for (int i = 0; i < 1900; ++i) text += "      l" + std::to_string(i) + ": x\n";
  for (int i = 0; i < 200; ++i) text += "  s" + std::to_string(i) + ": {extends: base}\n";
  EXPECT_THAT(ErrorOf(text), HasSubstr("more than 200000 values through extends"));
}

// ---- include ----

TEST(Include, BringsInWhatAnotherFileHas) {
  ProjectDirectory directory;
  directory.Write(
      "db/compose.yaml",
      "name: ignored\n"
      "x-quayside: {rollout: {min_healthy: 1s}}\n"
      "services:\n  db: {image: 'pg:$VERSION', env_file: db.env, volumes: ['data:/d']}\n"
      "volumes: {data: }\n");
  directory.Write("db/.env", "VERSION=16\nSHARED=db\n");
  directory.Write("db/db.env", "A=1\n");
  directory.Write(".env", "SHARED=main\n");
  LoadOptions options;
  options.files = {directory.Write(
      "compose.yaml", "include: [db/compose.yaml]\n" + WebWith("    depends_on: [db]\n"))};
  const auto loaded = Load(options);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->spec.name.value, "app");
  const ServiceSpec& db = loaded->spec.services.at(0);
  EXPECT_EQ(db.container.image, "pg:16");
  EXPECT_EQ(db.container.environment.at("A"), "1");
  EXPECT_EQ(db.container.volumes.at("data").name, "app_data");
  EXPECT_EQ(db.rollout.min_healthy, absl::Seconds(1));
  EXPECT_EQ(loaded->spec.services.at(1).rollout.min_healthy, absl::Seconds(10));
}

TEST(Include, TakesTheLongForm) {
  ProjectDirectory directory;
  directory.Write("parts/a.yaml", "services: {a: {image: '$X', env_file: v.env}}\n");
  directory.Write("parts/over.yaml", "services: {a: {user: u}}\n");
  directory.Write("elsewhere/v.env", "V=1\n");
  directory.Write("x.env", "X=from-env\n");
  LoadOptions options;
  options.files = {directory.Write("compose.yaml",
                                   "include:\n  - path: [parts/a.yaml, parts/over.yaml]\n"
                                   "    project_directory: elsewhere\n    env_file: x.env\n")};
  const auto loaded = Load(options);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  const ContainerSpec& a = loaded->spec.services.at(0).container;
  EXPECT_EQ(a.image, "from-env");
  EXPECT_EQ(a.user, "u");
  EXPECT_EQ(a.environment.at("V"), "1");
}

TEST(Include, SaysWhatIsWrong) {
  ProjectDirectory directory;
  LoadOptions options;
  const auto error = [&](std::string_view main, std::string_view other) {
    options.files = {directory.Write("compose.yaml", main)};
    directory.Write("other.yaml", other);
    const auto loaded = Load(options);
    return loaded.ok() ? std::string() : directory.Relative(Message(loaded.status()));
  };
  EXPECT_THAT(
      error("include: [other.yaml]\nservices: {a: {image: i}}\n", "services: {a: {image: j}}\n"),
      HasSubstr("compose.yaml:1:11: include: it brings services.a, which is there already"));
  EXPECT_EQ(
      error("include: [other.yaml]\nservices: {a: {image: i}}\n", "services: {a: {image: i}}\n"),
      "");
  EXPECT_THAT(
      error("include: [other.yaml]\nservices: {a: {image: i}}\n", "include: [other.yaml]\n"),
      HasSubstr("include each other in a circle"));
  EXPECT_THAT(error("include: [none.yaml]\nservices: {a: {image: i}}\n", ""),
              HasSubstr("compose.yaml:1:11: include: Cannot read"));
  EXPECT_THAT(error("include: other.yaml\nservices: {a: {image: i}}\n", ""),
              HasSubstr("a list of files"));
  EXPECT_THAT(error("include: [{pth: x}]\nservices: {a: {image: i}}\n", ""),
              HasSubstr("include.pth: no such key; did you mean path?"));
  EXPECT_THAT(error("include: [other.yaml]\nservices: {a: {image: i}}\n", "secrets: {s: }\n"),
              HasSubstr("other.yaml:1:1: secrets: not supported"));
}

TEST(Include, OfTooManyFilesIsAnError) {
  ProjectDirectory directory;
  std::string main = "include:\n";
  for (int i = 0; i < 70; ++i) {
    const std::string name = "f" + std::to_string(i) + ".yaml";
    directory.Write(name, "services: {s" + std::to_string(i) + ": {image: i}}\n");
    main += "  - " + name + "\n";
  }
  LoadOptions options;
  options.files = {directory.Write("compose.yaml", main)};
  EXPECT_THAT(Message(Load(options).status()), HasSubstr("a project of more than 64 files"));
}

// ---- the project's name ----

TEST(ProjectName, IsTakenFromTheFirstThatSaysOne) {
  ProjectDirectory directory("My_App.Dir-1");
  LoadOptions options;
  const std::string plain = directory.Write("compose.yaml", WebWith(""));
  options.files = {plain};
  EXPECT_EQ(Load(options)->spec.name.value, "my_appdir-1");
  options.files = {directory.Write(
      "named.yaml", "name: in-$FILE\n" + WebWith("    user: $COMPOSE_PROJECT_NAME\n"))};
  options.environment = {{"FILE", "file"}};
  EXPECT_EQ(Load(options)->spec.name.value, "in-file");
  EXPECT_EQ(Load(options)->spec.services.at(0).container.user, "in-file");
  options.environment["COMPOSE_PROJECT_NAME"] = "env";
  EXPECT_EQ(Load(options)->spec.name.value, "env");
  options.project_name = "flag";
  EXPECT_EQ(Load(options)->spec.name.value, "flag");
}

TEST(ProjectName, MustBeOne) {
  LoadOptions options;
  for (const char* bad : {"Upper", "-x", "_x", "a.b", "a b"}) {
    options.project_name = bad;
    EXPECT_THAT(ErrorOf(WebWith(""), options), HasSubstr("is not a project name")) << bad;
  }
  EXPECT_THAT(ErrorOf("name: No\n" + WebWith("")), HasSubstr("compose.yaml:1:7: name: \"No\""));
  EXPECT_EQ(NormalizeProjectName("--Ünder_Score!"), "nder_score");
  EXPECT_FALSE(IsProjectName(""));
}

// ---- profiles ----

constexpr char kProfiles[] =
    "services:\n"
    "  web: {image: i}\n"
    "  debug: {image: d, profiles: [debug, dev], build: .}\n";

size_t CountWith(std::vector<std::string> profiles, const std::string& from_environment = "") {
  LoadOptions options;
  options.profiles = std::move(profiles);
  options.ignore_unsupported = true;
  if (!from_environment.empty()) options.environment["COMPOSE_PROFILES"] = from_environment;
  const auto loaded = LoadText(kProfiles, options);
  return loaded.ok() ? loaded->spec.services.size() : 0;
}

TEST(Profiles, ChooseServices) {
  EXPECT_EQ(CountWith({}), 1u);
  EXPECT_EQ(CountWith({"other"}), 1u);
  EXPECT_EQ(CountWith({"debug"}), 2u);
  EXPECT_EQ(CountWith({"x", "dev"}), 2u);
  EXPECT_EQ(CountWith({"*"}), 2u);
  EXPECT_EQ(CountWith({}, "x,debug"), 2u);
  EXPECT_EQ(CountWith({"other"}, "debug"), 1u);
}

TEST(Profiles, ThatAreNotChosenAreNotLookedInto) { EXPECT_EQ(ErrorOf(kProfiles), ""); }

TEST(Profiles, ADependencyThatIsNotThereIsAnError) {
  const std::string text =
      "services:\n  web: {image: i, depends_on: {d: {condition: service_started%s}}}\n"
      "  d: {image: i, profiles: [p]}\n";
  std::string strict = text;
  strict.replace(strict.find("%s"), 2, "");
  EXPECT_THAT(ErrorOf(strict), HasSubstr("the service d is of a profile that is not chosen"));
  std::string lenient = text;
  lenient.replace(lenient.find("%s"), 2, ", required: false");
  EXPECT_THAT(OneService(lenient).container.depends_on, IsEmpty());
  EXPECT_THAT(ErrorOf("services: {d: {image: i, profiles: [p]}}\n"),
              HasSubstr("no service is enabled"));
}

// ---- files ----

TEST(Project, SaysWhenAFileIsMissing) {
  LoadOptions options;
  EXPECT_EQ(Load(options).status().code(), absl::StatusCode::kInvalidArgument);
  options.files = {"/nonexistent/compose.yaml"};
  EXPECT_EQ(Load(options).status().code(), absl::StatusCode::kNotFound);
  options.files = {"/"};
  EXPECT_THAT(Message(Load(options).status()), HasSubstr("is a directory"));
}

TEST(Project, RefusesWhatIsNoComposeFile) {
  EXPECT_THAT(ErrorOf(""), HasSubstr("there is no service"));
  EXPECT_THAT(ErrorOf("- a\n"),
              HasSubstr("a compose file is a map with services, and this is a list"));
  EXPECT_THAT(ErrorOf("hello"), HasSubstr("and this is a text"));
  EXPECT_THAT(ErrorOf("services: [a]\n"), HasSubstr("compose.yaml:1:11: services: a map"));
  EXPECT_THAT(ErrorOf("services: {web: text}\n"), HasSubstr("services.web: a map"));
  EXPECT_THAT(ErrorOf("services: {web: }\n"), HasSubstr("services.web: the service is empty"));
  EXPECT_THAT(ErrorOf("services: {'a b': {image: i}}\n"),
              HasSubstr("a service's name has letters"));
  EXPECT_THAT(ErrorOf("service: {web: {image: i}}\n"),
              HasSubstr("service: no such key; did you mean services?"));
}

}  // namespace
}  // namespace quayside::compose
