// What the cases of the conformance suite share: one engine, fake or real, and calls that wait for
// their answers. Everything a case makes carries its tag and is removed at its end.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "agent/engine.h"
#include "agent/labels.h"
#include "common/base/status.h"
#include "tests/integration/engine_bed.h"

namespace quayside::agent {

inline constexpr absl::Duration kPatience = absl::Seconds(60);

class EngineConformance : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (std::string(GetParam()) == "fake") {
      bed_ = MakeFakeBed();
    } else {
      auto bed = MakeDockerBed();
      if (!bed.ok()) GTEST_SKIP() << "skipped, because " << bed.status().message();
      bed_ = *std::move(bed);
    }
    bed_->engine().Watch(
        [this](EngineEvent event) { bed_->Locked([&] { events_.push_back(std::move(event)); }); });
    const EngineReply facts = Call(GetFacts{});
    if (!facts.ok()) {
      bed_ = nullptr;
      GTEST_SKIP() << "skipped, because " << facts.status().message();
    }
    facts_ = std::get<EngineFacts>(*facts);
    ASSERT_TRUE(bed_->Await(
        [this] {
          return std::any_of(events_.begin(), events_.end(), [](const EngineEvent& event) {
            return event.kind == EngineEvent::Kind::kConnected;
          });
        },
        kPatience));
    tag_ = "qsconf-" + std::to_string(getpid()) + "-" + std::to_string(++tests_);
  }

  void TearDown() override {
    if (bed_ == nullptr) return;
    const EngineReply rows = Call(ListContainers{"test=" + tag_});
    if (rows.ok()) {
      for (const ContainerRow& row : std::get<std::vector<ContainerRow>>(*rows)) {
        Clean(StopContainer{row.id, absl::ZeroDuration()});
        Clean(RemoveContainer{row.id});
      }
    }
    for (const std::string& name : Names(ListNetworks{"test=" + tag_})) Clean(RemoveNetwork{name});
    for (const std::string& name : Names(ListVolumes{"test=" + tag_})) Clean(RemoveVolume{name});
    bed_ = nullptr;
  }

  // Submits `call` and waits for its answer.
  EngineReply Call(EngineCall call) {
    std::optional<EngineReply> answer;
    bed_->engine().Submit(std::move(call), [this, &answer](EngineReply reply) {
      bed_->Locked([&] { answer = std::move(reply); });
    });
    EXPECT_FALSE(answer.has_value() && !bed_->is_real()) << "answered inside Submit";
    if (!bed_->Await([&answer] { return answer.has_value(); }, absl::Minutes(3))) {
      ADD_FAILURE() << "no answer";
      return Internal("no answer");
    }
    return *std::move(answer);
  }
  void Clean(EngineCall call) {
    const std::string text = Describe(call);
    const EngineReply reply = Call(std::move(call));
    EXPECT_TRUE(reply.ok()) << text << ": " << reply.status();
  }
  absl::StatusCode CodeOf(EngineCall call) { return Call(std::move(call)).status().code(); }

  std::vector<std::string> Names(EngineCall call) {
    const EngineReply reply = Call(std::move(call));
    return reply.ok() ? std::get<std::vector<std::string>>(*reply) : std::vector<std::string>{};
  }

  // An image of `program`, pulled.
  std::string Pulled(Program program) {
    const auto image = bed_->Image(program);
    EXPECT_TRUE(image.ok()) << image.status();
    const EngineReply pulled = Call(PullImage{image.value_or(""), ""});
    EXPECT_TRUE(pulled.ok()) << pulled.status();
    return image.value_or("");
  }
  ContainerPlan Plan(Program program, const std::string& name = "a") {
    ContainerPlan plan;
    plan.name = tag_ + "-" + name;
    plan.spec.image = Pulled(program);
    plan.labels = {
        {"test", tag_}, {kFleetLabel, "fleet"}, {kHostLabel, "host"}, {kInstanceLabel, name}};
    return plan;
  }
  std::string Create(ContainerPlan plan) {
    const EngineReply created = Call(CreateContainer{std::move(plan)});
    EXPECT_TRUE(created.ok()) << created.status();
    return created.ok() ? std::get<Created>(*created).id : "";
  }
  std::string CreateAndStart(ContainerPlan plan) {
    const std::string id = Create(std::move(plan));
    const EngineReply started = Call(StartContainer{id});
    EXPECT_TRUE(started.ok()) << started.status();
    return id;
  }
  ContainerDetail Inspect(const std::string& id) {
    const EngineReply reply = Call(InspectContainer{id});
    EXPECT_TRUE(reply.ok()) << reply.status();
    return reply.ok() ? std::get<ContainerDetail>(*reply) : ContainerDetail{};
  }

  // Waits until `action` has happened to that container at least `times` times.
  bool AwaitEvent(const std::string& id, const std::string& action, int times = 1) {
    return bed_->Await([&] { return CountEvents(id, action) >= times; }, kPatience);
  }
  int CountEvents(const std::string& id, const std::string& action) const {
    return static_cast<int>(std::count_if(
        events_.begin(), events_.end(),
        [&](const EngineEvent& event) { return event.container == id && event.action == action; }));
  }
  // What was told of the container itself; the networks that it joins and leaves are not in it.
  std::vector<std::string> Actions(const std::string& id) {
    std::vector<std::string> actions;
    bed_->Locked([&] {
      for (const EngineEvent& event : events_) {
        if (event.container == id && !event.action.starts_with("network_")) {
          actions.push_back(event.action);
        }
      }
    });
    return actions;
  }
  EngineEvent LastEvent(const std::string& id, const std::string& action) {
    EngineEvent last;
    bed_->Locked([&] {
      for (const EngineEvent& event : events_) {
        if (event.container == id && event.action == action) last = event;
      }
    });
    return last;
  }

  std::unique_ptr<EngineBed> bed_;
  EngineFacts facts_;
  std::string tag_;
  std::vector<EngineEvent> events_;
  inline static int tests_ = 0;
};

}  // namespace quayside::agent
