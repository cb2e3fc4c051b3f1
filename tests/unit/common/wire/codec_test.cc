// Every field of the model survives the codec; what is written is the same for ever; what cannot be
// meant is refused.
#include <fstream>
#include <functional>
#include <sstream>
#include <string>

#include "common/model/digest.h"
#include "common/wire/convert.h"
#include "common/wire/wire.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "gtest/gtest.h"
#include "tests/source_dir.h"
#include "tests/unit/common/wire/field_count.h"
#include "tests/unit/common/wire/sample.h"

namespace quayside {
namespace {

using google::protobuf::FieldDescriptor;
using testing::HasSubstr;

// A struct that got a field: give it to the codec and to sample.cc, then count it here.
static_assert(FieldCount<PortSpec>() == 4);
static_assert(FieldCount<MountSpec>() == 9);
static_assert(FieldCount<NetworkAttachment>() == 7);
static_assert(FieldCount<IpamPool>() == 4);
static_assert(FieldCount<NetworkSpec>() == 10);
static_assert(FieldCount<VolumeSpec>() == 5);
static_assert(FieldCount<HealthCheck>() == 7);
static_assert(FieldCount<ProbeSpec>() == 10);
static_assert(FieldCount<RestartSpec>() == 4);
static_assert(FieldCount<Ulimit>() == 3);
static_assert(FieldCount<DeviceSpec>() == 3);
static_assert(FieldCount<ResourceLimits>() == 17);
static_assert(FieldCount<Dependency>() == 4);
static_assert(FieldCount<ContainerSpec>() == 52);
static_assert(FieldCount<Constraint>() == 3);
static_assert(FieldCount<PlacementSpec>() == 4);
static_assert(FieldCount<UpdateConfig>() == 6);
static_assert(FieldCount<RolloutSettings>() == 9);
static_assert(FieldCount<Reservations>() == 2);
static_assert(FieldCount<ServiceSpec>() == 14);
static_assert(FieldCount<AppSpec>() == 2);
static_assert(FieldCount<Instance>() == 10);
static_assert(FieldCount<InstanceStatus>() == 19);
static_assert(FieldCount<EngineFacts>() == 12);
static_assert(FieldCount<Removal>() == 5);
static_assert(FieldCount<Assignment>() == 10);
static_assert(FieldCount<HostEvent>() == 7);
static_assert(FieldCount<Report>() == 13);

// Fails for each field of `message`, and of the messages in it, that is not set.
void ExpectEveryFieldSet(const google::protobuf::Message& message) {
  const google::protobuf::Descriptor& descriptor = *message.GetDescriptor();
  if (descriptor.full_name().starts_with("google.protobuf.")) return;
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> set;
  reflection.ListFields(message, &set);
  for (int i = 0; i < descriptor.field_count(); ++i) {
    const FieldDescriptor* field = descriptor.field(i);
    EXPECT_THAT(set, testing::Contains(field)) << field->full_name() << " is not set";
  }
  for (const FieldDescriptor* field : set) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      ExpectEveryFieldSet(reflection.GetMessage(message, field));
    } else if (field->message_type()->name() != "StringEntry") {  // an empty value is a value
      ExpectEveryFieldSet(reflection.GetRepeatedMessage(message, field, 0));
    }
  }
}

std::string ReadSourceFile(const std::string& path) {
  std::ifstream file(SourceDir() + "/" + path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(Codec, EveryFieldOfAnAppSurvives) {
  v1::AppSpec message;
  wire::ToProto(FullApp(), &message);
  ExpectEveryFieldSet(message);
  const auto back = wire::FromProto(message);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, FullApp());
}

TEST(Codec, EveryFieldOfAnAssignmentSurvives) {
  v1::Assignment message;
  wire::ToProto(FullAssignment(), &message);
  ExpectEveryFieldSet(message);
  auto back = wire::FromProto(message);
  ASSERT_TRUE(back.ok()) << back.status();
  back->specs = FullAssignment().specs;
  EXPECT_EQ(*back, FullAssignment());
}

TEST(Codec, EveryFieldOfAReportSurvives) {
  v1::Report message;
  wire::ToProto(FullReport(), &message);
  ExpectEveryFieldSet(message);
  const auto back = wire::FromProto(message);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, FullReport());
}

TEST(Codec, AnEmptySpecSurvives) {
  const auto back = wire::DecodeSpec(wire::EncodeSpec(ContainerSpec()));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, ContainerSpec());
}

TEST(Codec, PresentButEmptyIsNotAbsent) {
  ContainerSpec spec;
  spec.command.emplace();
  spec.health_check.emplace();
  const auto back = wire::DecodeSpec(wire::EncodeSpec(spec));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, spec);
  EXPECT_NE(wire::EncodeSpec(spec), wire::EncodeSpec(ContainerSpec()));
}

// ---- R25: an upgrade changes no digest ----

TEST(Codec, TheBytesOfASpecNeverChange) {
  const std::string frozen = ReadSourceFile("tests/upgrade/container_spec_1.bin");
  ASSERT_FALSE(frozen.empty());
  EXPECT_EQ(wire::EncodeSpec(FullContainerSpec()), frozen)
      << "a spec that did not change must keep its digest, or an upgrade recreates every container";
  EXPECT_EQ(Sha256Digest(frozen) + "\n", ReadSourceFile("tests/upgrade/container_spec_1.digest"));
}

TEST(Codec, OldBytesOfASpecAreStillUnderstood) {
  const auto spec = wire::DecodeSpec(ReadSourceFile("tests/upgrade/container_spec_1.bin"));
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(*spec, FullContainerSpec());
}

TEST(Codec, BytesOfANewerControllerAreKeptAsReceived) {
  v1::ContainerSpec message;
  wire::ToProto(FullContainerSpec(), &message);
  // A field that this program does not know.
  message.GetReflection()->MutableUnknownFields(&message)->AddVarint(5000, 1);
  const std::string bytes = message.SerializeAsString();
  Assignment assignment = FullAssignment();
  assignment.received.bytes.emplace(SpecDigest("sha256:1"), bytes);
  const auto back = wire::DecodeAssignment(wire::EncodeAssignment(assignment));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, FullAssignment());
  EXPECT_EQ(back->received.bytes.at(SpecDigest("sha256:1")), bytes);
}

// ---- what cannot be meant ----

// Encodes a full app, lets `damage` change it, and expects the sentence when it is read.
void ExpectRefused(const std::function<void(v1::ContainerSpec*)>& damage, const char* sentence) {
  v1::AppSpec message;
  wire::ToProto(FullApp(), &message);
  damage(message.mutable_services(0)->mutable_container());
  const auto app = wire::FromProto(message);
  ASSERT_FALSE(app.ok()) << "expected: " << sentence;
  EXPECT_EQ(app.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Message(app.status()), HasSubstr(sentence));
  EXPECT_THAT(Message(app.status()), HasSubstr("service web"));
}

TEST(Codec, RefusesWhatASpecCannotMean) {
  ExpectRefused([](auto* s) { s->mutable_mounts(0)->set_type(static_cast<v1::MountType>(99)); },
                "mount.type has the value 99");
  ExpectRefused([](auto* s) { s->mutable_mounts(0)->clear_type(); }, "mount.type");
  ExpectRefused([](auto* s) { s->mutable_restart()->clear_condition(); }, "restart.condition");
  ExpectRefused([](auto* s) { s->mutable_probe()->clear_kind(); }, "probe.kind");
  ExpectRefused([](auto* s) { s->mutable_depends_on(0)->clear_condition(); }, "depends_on");
  ExpectRefused([](auto* s) { s->mutable_ports(0)->set_container_port(65'536); },
                "must be between 0 and 65535");
  ExpectRefused([](auto* s) { s->mutable_stop_grace_period()->set_nanos(1'000'000'000); },
                "stop_grace_period");
  ExpectRefused([](auto* s) { *s->add_environment() = s->environment(0); }, "twice");
  ExpectRefused([](auto* s) { *s->add_volumes() = s->volumes(0); }, "twice");
  ExpectRefused([](auto* s) { *s->add_networks() = s->networks(0); }, "twice");
  ExpectRefused(
      [](auto* s) {
        for (int i = 0; i < wire::kMaxListLength; ++i) s->add_dns("10.0.0.53");
      },
      "dns has 10001 entries");
}

TEST(Codec, ObservedWordsThatAreUnknownHaveAMeaning) {
  v1::Report message;
  wire::ToProto(FullReport(), &message);
  message.mutable_instances(0)->set_state(static_cast<v1::InstanceState>(99));
  message.mutable_instances(0)->set_failure(static_cast<v1::FailureKind>(99));
  const auto report = wire::FromProto(message);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->instances[0].state, InstanceState::kUnknown);
  EXPECT_EQ(report->instances[0].failure, FailureKind::kInfrastructure);
}

TEST(Codec, RefusesBytesThatAreNoSpec) {
  EXPECT_EQ(wire::DecodeSpec("\xFF\xFF\xFF").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(wire::DecodeSpec(std::string(wire::kMaxSpecBytes + 1, '\0')).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(Codec, TruncatedBytesAreAnErrorOrAnotherSpecButNeverACrash) {
  const std::string whole = wire::EncodeAssignment(FullAssignment());
  for (size_t length = 0; length < whole.size(); ++length) {
    const auto assignment = wire::DecodeAssignment(whole.substr(0, length));
    if (assignment.ok()) {
      EXPECT_NE(*assignment, FullAssignment());
    }
  }
}

// ---- limits of what a host says ----

TEST(Codec, TextFromOutsideBecomesUtf8) {
  EXPECT_EQ(wire::CleanText("gr\xC3\xBC\xC3\x9F", 100), "gr\xC3\xBC\xC3\x9F");
  EXPECT_EQ(wire::CleanText("a\xFF\xC3", 100), "a\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(wire::CleanText("\xED\xA0\x80", 100), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD")
      << "a surrogate";
  EXPECT_EQ(wire::CleanText("\xC0\xAF", 100), "\xEF\xBF\xBD\xEF\xBF\xBD") << "overlong";
}

TEST(Codec, TextIsCutBetweenCharacters) {
  EXPECT_EQ(wire::CleanText("a\xC3\xBC", 2), "a");
  EXPECT_EQ(wire::CleanText("\xC3\xBCz", 2, wire::Cut::kBeginning), "z");
}

TEST(Codec, AReportOfCrashingContainersFitsAMessage) {
  Report report = FullReport();
  report.instances[0].log_tail = std::string(200 << 10, '\xFF');
  report.instances[0].reason = std::string(1 << 20, 'r');
  report.instances.resize(100, report.instances[0]);
  report.events.resize(1'000, report.events[0]);
  v1::Report message;
  wire::ToProto(report, &message);
  EXPECT_LT(message.ByteSizeLong(), 4u << 20);
  EXPECT_EQ(message.instances_size(), 100);
  EXPECT_EQ(message.instances(0).log_tail().size() / 3, wire::kMaxLogTailBytes / 3);
  EXPECT_EQ(message.events_size(), wire::kMaxReportEvents);
  EXPECT_EQ(message.dropped_events(), report.dropped_events + 1'000 - wire::kMaxReportEvents);
  EXPECT_TRUE(wire::FromProto(message).ok());
}

TEST(Codec, DurationsAndTimesKeepNanoseconds) {
  absl::Duration duration;
  ASSERT_TRUE(
      wire::TakeDuration(wire::EncodeDuration(absl::Nanoseconds(-1'500'000'001)), "d", &duration)
          .ok());
  EXPECT_EQ(duration, absl::Nanoseconds(-1'500'000'001));
  ASSERT_TRUE(
      wire::TakeDuration(wire::EncodeDuration(absl::InfiniteDuration()), "d", &duration).ok());
  EXPECT_EQ(duration, absl::Seconds(315'576'000'000));
  absl::Time time;
  const absl::Time before_1970 = absl::FromUnixNanos(-1);
  ASSERT_TRUE(wire::TakeTime(wire::EncodeTime(before_1970), "t", &time).ok());
  EXPECT_EQ(time, before_1970);
}

}  // namespace
}  // namespace quayside
