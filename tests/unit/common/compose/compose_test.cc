#include "common/compose/compose.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/common/compose/load.h"

namespace quayside::compose {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Compose, ReadsAnOrdinaryFile) {
  const auto loaded = LoadText(R"(
services:
  web:
    image: nginx:1.25
    ports: ["8080:80"]
    environment:
      GREETING: hello
    volumes: ["data:/data"]
    depends_on: [db]
  db:
    image: postgres:16
volumes:
  data:
)");
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  const AppSpec& app = loaded->spec;
  EXPECT_EQ(app.name.value, "app");
  ASSERT_EQ(app.services.size(), 2u);
  EXPECT_EQ(app.services[0].name.value, "db");
  const ServiceSpec& web = app.services[1];
  EXPECT_EQ(web.container.image, "nginx:1.25");
  EXPECT_TRUE(web.placement.together);
  EXPECT_EQ(web.container.networks.at("default").name, "app_default");
  EXPECT_EQ(web.container.volumes.at("data").name, "app_data");
  EXPECT_EQ(web.container.environment.at("GREETING"), "hello");
  EXPECT_TRUE(app.services[0].container.volumes.empty());
  EXPECT_THAT(loaded->warnings, IsEmpty());
}

TEST(Compose, SaysEveryProblemWithItsPlace) {
  EXPECT_EQ(ErrorOf("services:\n"
                    "  web:\n"
                    "    image: i\n"
                    "    build: .\n"
                    "    restrat: always\n"
                    "    ports: ['99999:80']\n"),
            "compose.yaml:4:5: services.web.build: not supported; build and push the image, then "
            "name it under image\n"
            "compose.yaml:5:5: services.web.restrat: no such key; did you mean restart?\n"
            "compose.yaml:6:13: services.web.ports: \"99999\" is not a port from 1 to 65535 or a "
            "range like 8000-8010");
}

TEST(Compose, TurnsRefusalsOfKnownKeysIntoWarnings) {
  LoadOptions options;
  options.ignore_unsupported = true;
  const auto loaded = LoadText(WebWith("    build: .\n"), options);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_THAT(loaded->warnings,
              ElementsAre(HasSubstr("compose.yaml:4:5: services.web.build: not supported")));
  EXPECT_THAT(ErrorOf(WebWith("    nonsense: 1\n"), options), HasSubstr("no such key"));
}

}  // namespace
}  // namespace quayside::compose
