#include "common/compose/networks.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/common/compose/load.h"

namespace quayside::compose {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Networks, AServiceThatNamesNoneJoinsTheDefault) {
  const ContainerSpec web = Container("");
  ASSERT_EQ(web.network_attachments.size(), 1u);
  EXPECT_EQ(web.network_attachments[0].network, "default");
  EXPECT_EQ(web.networks.at("default").name, "app_default");
}

TEST(Networks, TheDefaultCanBeSet) {
  const ServiceSpec web =
      OneService(WebWith("") + "networks: {default: {name: own, internal: true}}\n");
  EXPECT_EQ(web.container.networks.at("default").name, "own");
  EXPECT_TRUE(web.container.networks.at("default").internal);
}

TEST(Networks, AreNamedAsComposeNamesThem) {
  const ServiceSpec web = OneService(WebWith("    networks: [a, b, c, d]\n") +
                                     "networks:\n  a:\n  b: {name: bee}\n  c: {external: true}\n"
                                     "  d: {external: {name: dee}}\n");
  EXPECT_EQ(web.container.networks.at("a").name, "app_a");
  EXPECT_EQ(web.container.networks.at("b").name, "bee");
  EXPECT_EQ(web.container.networks.at("c").name, "c");
  EXPECT_TRUE(web.container.networks.at("c").external);
  EXPECT_EQ(web.container.networks.at("d").name, "dee");
}

TEST(Networks, AContainerCarriesOnlyWhatItUses) {
  const auto loaded = LoadText(
      "services:\n  a: {image: i, networks: [x]}\n  b: {image: i, networks: [y]}\n"
      "networks: {x: , y: , z: }\n");
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded->spec.services[0].container.networks.size(), 1u);
  EXPECT_THAT(loaded->warnings,
              ElementsAre("compose.yaml:4:22: networks.z: no service uses it, so it is not made"));
}

TEST(Networks, TheirOrderInTheFileChangesNothing) {
  const std::string top = "networks: {x: , y: }\n";
  EXPECT_EQ(OneService(WebWith("    networks: [y, x]\n") + top),
            OneService(WebWith("    networks: [x, y]\n") + top));
}

TEST(Networks, ContainerNameBecomesAnAlias) {
  const ServiceSpec web =
      OneService(WebWith("    container_name: shop\n    networks: {x: {aliases: [w]}, y: }\n") +
                 "networks: {x: , y: }\n");
  EXPECT_THAT(web.container.network_attachments.at(0).aliases, ElementsAre("w", "shop"));
  EXPECT_THAT(web.container.network_attachments.at(1).aliases, ElementsAre("shop"));
}

TEST(Networks, ModeTakesTheirPlace) {
  for (const char* mode : {"host", "none", "bridge"}) {
    const ContainerSpec web = Container("    network_mode: " + std::string(mode) + "\n");
    EXPECT_EQ(web.network_mode, mode);
    EXPECT_THAT(web.network_attachments, IsEmpty());
    EXPECT_THAT(web.networks, IsEmpty());
  }
  EXPECT_THAT(ErrorOf(WebWith("    network_mode: host\n    networks: [default]\n")),
              HasSubstr("network_mode and networks exclude each other"));
  EXPECT_THAT(ErrorOf(WebWith("    network_mode: host\n    ports: ['80:80']\n")),
              HasSubstr("compose.yaml:5:12: services.web.ports: ports cannot be published"));
  EXPECT_THAT(ErrorOf(WebWith("    network_mode: container:x\n")), HasSubstr("make it a service"));
  EXPECT_THAT(ErrorOf(WebWith("    network_mode: hst\n")),
              HasSubstr("is not one of host, none, bridge, service:NAME"));
}

TEST(Networks, ModeOfAServiceIsADependencyThatRestarts) {
  const auto loaded = LoadText(
      "services:\n  a: {image: i}\n  b: {image: i, network_mode: 'service:a', pid: 'service:a'}\n");
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  ASSERT_EQ(loaded->spec.services[1].container.depends_on.size(), 1u);
  EXPECT_TRUE(loaded->spec.services[1].container.depends_on[0].restart);
  EXPECT_THAT(ErrorOf(WebWith("    ipc: service:none\n")),
              HasSubstr("compose.yaml:4:10: services.web.depends_on: there is no service none"));
  const auto parted = LoadText(
      "services:\n  a: {image: i, scale: 2}\n  b: {image: i, network_mode: 'service:a'}\n");
  ASSERT_TRUE(parted.ok());
  EXPECT_THAT(parted->warnings, ElementsAre(HasSubstr("nothing keeps the two on one host")));
}

TEST(Networks, SayWhatIsWrong) {
  EXPECT_THAT(ErrorOf(WebWith("    networks: [x]\n")),
              HasSubstr("compose.yaml:4:15: services.web.networks: the network x is not declared"));
  EXPECT_THAT(ErrorOf(WebWith("") + "networks: {x: {external: true, driver: bridge}}\n"),
              HasSubstr("driver has no effect on what is external"));
  EXPECT_THAT(ErrorOf(WebWith("") + "networks: {x: {drivr: bridge}}\n"),
              HasSubstr("networks.x.drivr: no such key; did you mean driver?"));
  EXPECT_THAT(ErrorOf(WebWith("    networks: {default: {gw_priority: 1}}\n")),
              HasSubstr("services.web.networks.default.gw_priority: not supported"));
  EXPECT_THAT(ErrorOf(WebWith("") + "networks: {x: {labels: {dev.quayside.app: y}}}\n"),
              HasSubstr("is reserved"));
  EXPECT_THAT(ErrorOf(WebWith("    networks: [x]\n") + "networks: {x: {name: 'a b'}}\n"),
              HasSubstr("is not a name for the engine"));
}

TEST(Volumes, AreNamedAsComposeNamesThem) {
  const auto loaded =
      LoadText(WebWith("    volumes: ['a:/a', 'b:/b', 'c:/c']\n") +
               "volumes:\n  a:\n  b: {name: bee, driver: local, driver_opts: {type: nfs}}\n"
               "  c: {external: true}\n  unused:\n");
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  const auto& volumes = loaded->spec.services[0].container.volumes;
  EXPECT_EQ(volumes.size(), 3u);
  EXPECT_EQ(volumes.at("a").name, "app_a");
  EXPECT_EQ(volumes.at("b").name, "bee");
  EXPECT_EQ(volumes.at("b").driver_opts.at("type"), "nfs");
  EXPECT_EQ(volumes.at("c").name, "c");
  EXPECT_TRUE(volumes.at("c").external);
  EXPECT_THAT(loaded->warnings, ElementsAre(HasSubstr("volumes.unused: no service uses it")));
}

}  // namespace
}  // namespace quayside::compose
