// What registries tell of images is kept as long as a revision uses them: their platforms decide
// where they may run, and their own VOLUMEs bind a slot to its host (R26).
#include "common/base/status.h"
#include "tests/unit/controller/core/scripted_fleet.h"

namespace quayside::controller {
namespace {

class Images : public CoreTest {
 protected:
  // An app of `services` whose image "web:N" is Ref(N), as its registry told.
  absl::StatusOr<ChangeResult> ApplyTold(std::vector<ServiceSpec> services, ImageFacts facts) {
    ApplyApp request = Apply("shop", std::move(services));
    for (const ServiceSpec& service : request.spec.services) {
      const std::string& image = service.container.image;
      request.images[image] = {Ref(image), facts};
    }
    return Ask<ChangeResult>(std::move(request));
  }
  bool Bound(int32_t slot) {
    return core_->model().bindings.Find({AppName("shop"), ServiceName("web"), slot}) != nullptr;
  }
};

TEST_F(Images, AVolumeOfTheImageBindsTheSlotToItsHost) {
  Join("h1");
  Join("h2");
  ASSERT_TRUE(ApplyTold({Service("web", "web:1", 2)}, {.volumes = {"/data"}}).ok());
  WorkAll();
  EXPECT_TRUE(Bound(1));
  EXPECT_TRUE(Bound(2));
  // Also when it is only `restart` that asks, and the controller was restarted in between.
  StartCore();
  Join("h1");
  Join("h2");
  ScaleService scale;
  scale.caller = NewCaller();
  scale.app = AppName("shop");
  scale.service = ServiceName("web");
  scale.replicas = 3;
  ASSERT_TRUE(Ask<ChangeResult>(std::move(scale)).ok());
  WorkAll();
  EXPECT_TRUE(Bound(3));
  MoveSlot move;
  move.caller = NewCaller();
  move.slot = {AppName("shop"), ServiceName("web"), 1};
  move.to_host = "h2";
  const auto moved = Ask<ChangeResult>(std::move(move));
  ASSERT_TRUE(moved.ok()) << moved.status();
  EXPECT_EQ(moved->warnings.size(), 1u) << "its data is not copied";
  // The old one ends before the new one begins.
  EXPECT_EQ(core_->model().instances.rows().size(), 2u);
  WorkAll();
  EXPECT_EQ(RolloutWord("shop"), "succeeded");
  EXPECT_EQ(core_->model().instances.rows().size(), 3u);
}

TEST_F(Images, AMountOverTheVolumeLeavesNothingBehind) {
  Join("h1");
  ServiceSpec web = Service("web", "web:1");
  web.container.mounts = {{.type = MountType::kTmpfs, .target = "/data"}};
  ASSERT_TRUE(ApplyTold({web}, {.volumes = {"/data"}}).ok());
  EXPECT_FALSE(Bound(1));
}

TEST_F(Images, PlatformsAreKnownAfterARestart) {
  agents_["h1"].arch = "arm64";
  Join("h1");
  Join("h2");
  ASSERT_TRUE(ApplyTold({Service("web", "web:1")}, {.platforms = {"linux/arm64"}}).ok());
  WorkAll();
  EXPECT_EQ(Where("shop"), "web.1@h1");
  StartCore();
  Join("h1");
  Join("h2");
  ScaleService scale;
  scale.caller = NewCaller();
  scale.app = AppName("shop");
  scale.service = ServiceName("web");
  scale.replicas = 2;
  ASSERT_TRUE(Ask<ChangeResult>(std::move(scale)).ok());
  WorkAll();
  EXPECT_EQ(Where("shop"), "web.1@h1 web.2@h1");
}

TEST_F(Images, AreForgottenWithTheLastRevisionThatUsesThem) {
  Join("h1");
  ASSERT_TRUE(ApplyTold({Service("web", "web:1")}, {.volumes = {"/a"}}).ok());
  ASSERT_TRUE(ApplyTold({Service("web", "web:2")}, {.volumes = {"/b"}}).ok());
  EXPECT_EQ(core_->model().images.rows().size(), 2u);
  ApplyApp other = Apply("blog", {Service("web", "web:2")});
  other.images["web:2"] = {Ref("2"), {.volumes = {"/b"}}};
  ASSERT_TRUE(Ask<ChangeResult>(std::move(other)).ok());
  WorkAll();
  // A plan asks registries as well, and keeps nothing.
  PlanApp plan;
  plan.spec.name = AppName("shop");
  plan.spec.services = {Service("web", "web:3")};
  plan.images["web:3"] = {Ref("3"), {}};
  ASSERT_TRUE(Ask<PlanView>(std::move(plan)).ok());
  EXPECT_EQ(core_->model().images.rows().size(), 2u);
  RemoveApp rm;
  rm.caller = NewCaller();
  rm.app = AppName("shop");
  ASSERT_TRUE(Ask<ChangeResult>(std::move(rm)).ok());
  WorkAll();
  ASSERT_EQ(core_->model().images.rows().size(), 1u);
  EXPECT_EQ(core_->model().images.rows().begin()->first, Ref("2"));
}

TEST_F(Images, WhatIsToldLaterChangesNoDigestAndIsKept) {
  Join("h1");
  ASSERT_TRUE(ApplyTold({Service("web", "web:1")}, {}).ok());
  WorkAll();
  const auto digests = core_->model().revisions.rows().begin()->second.digests;
  const auto again =
      ApplyTold({Service("web", "web:1")}, {.platforms = {"linux/amd64"}, .volumes = {"/data"}});
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->nothing_to_do);
  EXPECT_EQ(core_->model().revisions.rows().begin()->second.digests, digests);
  EXPECT_EQ(core_->model().images.Find(Ref("1"))->volumes, std::vector<std::string>{"/data"});
}

}  // namespace
}  // namespace quayside::controller
