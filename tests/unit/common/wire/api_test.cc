// The API is frozen: numbers, names and types of every message, enum and call, as
// tests/golden/api.txt says. Adding is allowed (write the file anew and look at the difference);
// changing or removing a line breaks agents, controllers and stored data of another version.
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "google/protobuf/descriptor.h"
#include "gtest/gtest.h"
#include "quayside/v1/admin.pb.h"
#include "quayside/v1/agent.pb.h"
#include "quayside/v1/state.pb.h"
#include "quayside/v1/types.pb.h"
#include "tests/source_dir.h"

namespace quayside {
namespace {

namespace gp = google::protobuf;

std::string TypeOf(const gp::FieldDescriptor& field) {
  std::string text = field.is_repeated()                        ? "repeated "
                     : field.has_optional_keyword()             ? "optional "
                     : field.real_containing_oneof() != nullptr ? "oneof "
                                                                : "";
  if (field.message_type() != nullptr) return text + field.message_type()->full_name();
  if (field.enum_type() != nullptr) return text + field.enum_type()->full_name();
  return text + field.type_name();
}

void Print(const gp::Descriptor& message, std::ostream& out) {
  for (int i = 0; i < message.field_count(); ++i) {
    const gp::FieldDescriptor& field = *message.field(i);
    out << message.full_name() << " " << field.number() << " " << field.name() << " "
        << TypeOf(field) << "\n";
  }
  if (message.field_count() == 0) out << message.full_name() << "\n";
  for (int i = 0; i < message.nested_type_count(); ++i) Print(*message.nested_type(i), out);
}

void Print(const gp::FileDescriptor& file, std::ostream& out) {
  for (int i = 0; i < file.message_type_count(); ++i) Print(*file.message_type(i), out);
  for (int i = 0; i < file.enum_type_count(); ++i) {
    const gp::EnumDescriptor& type = *file.enum_type(i);
    for (int j = 0; j < type.value_count(); ++j) {
      out << type.full_name() << " " << type.value(j)->number() << " " << type.value(j)->name()
          << "\n";
    }
  }
  for (int i = 0; i < file.service_count(); ++i) {
    const gp::ServiceDescriptor& service = *file.service(i);
    for (int j = 0; j < service.method_count(); ++j) {
      const gp::MethodDescriptor& method = *service.method(j);
      out << method.full_name() << " (" << (method.client_streaming() ? "stream " : "")
          << method.input_type()->full_name() << ") returns ("
          << (method.server_streaming() ? "stream " : "") << method.output_type()->full_name()
          << ")\n";
    }
  }
}

TEST(Api, IsWhatTheGoldenFileSays) {
  std::ostringstream now;
  Print(*v1::ContainerSpec::descriptor()->file(), now);
  Print(*v1::AgentMessage::descriptor()->file(), now);
  Print(*v1::AppStatus::descriptor()->file(), now);
  Print(*v1::AgentIdentity::descriptor()->file(), now);
  const std::string path = SourceDir() + "/tests/golden/api.txt";
  if (std::getenv("QUAYSIDE_WRITE_GOLDEN") != nullptr) std::ofstream(path) << now.str();
  std::ostringstream golden;
  golden << std::ifstream(path).rdbuf();
  EXPECT_EQ(now.str(), golden.str())
      << "if lines were only added, run this test with QUAYSIDE_WRITE_GOLDEN=1 and commit the file";
}

}  // namespace
}  // namespace quayside
