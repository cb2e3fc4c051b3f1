#include "common/wire/wire.h"

#include "common/wire/app_codec.h"
#include "common/wire/session_codec.h"
#include "common/wire/spec_codec.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "quayside/v1/state.pb.h"

namespace quayside::wire {
namespace {

template <typename Message>
std::string Serialize(const Message& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&coded);
  }
  return bytes;
}

template <typename Message>
absl::Status Parse(std::string_view bytes, const char* what, size_t max_bytes, Message* message) {
  if (bytes.size() > max_bytes) {
    return InvalidArgument(std::string(what) + " has " + std::to_string(bytes.size()) +
                           " bytes; at most " + std::to_string(max_bytes) + " are accepted");
  }
  if (!message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return InvalidArgument(std::string("the bytes of ") + what + " cannot be read");
  }
  return absl::OkStatus();
}

}  // namespace

std::string EncodeSpec(const ContainerSpec& spec) {
  pb::ContainerSpec message;
  ToProto(spec, &message);
  return Serialize(message);
}

absl::StatusOr<ContainerSpec> DecodeSpec(std::string_view bytes) {
  pb::ContainerSpec message;
  QS_RETURN_IF_ERROR(Parse(bytes, "a container spec", kMaxSpecBytes, &message));
  return FromProto(message);
}

std::string EncodeApp(const AppSpec& app) {
  pb::AppSpec message;
  ToProto(app, &message);
  return Serialize(message);
}

absl::StatusOr<AppSpec> DecodeApp(std::string_view bytes) {
  pb::AppSpec message;
  QS_RETURN_IF_ERROR(Parse(bytes, "an app spec", kMaxAppBytes, &message));
  return FromProto(message);
}

std::string EncodeAssignment(const Assignment& assignment) {
  pb::StoredAssignment message;
  ToProto(assignment, message.mutable_assignment());
  for (const auto& [digest, spec] : assignment.specs) {
    pb::SpecBlob* blob = message.add_specs();
    blob->set_digest(digest.value);
    const auto received = assignment.received.bytes.find(digest);
    if (received == assignment.received.bytes.end()) {
      blob->set_spec(EncodeSpec(spec));
    } else {
      blob->set_spec(received->second);
    }
  }
  return Serialize(message);
}

absl::StatusOr<Assignment> DecodeAssignment(std::string_view bytes) {
  pb::StoredAssignment message;
  QS_RETURN_IF_ERROR(Parse(bytes, "an assignment", kMaxStoredAssignmentBytes, &message));
  QS_ASSIGN_OR_RETURN(Assignment assignment, FromProto(message.assignment()));
  for (pb::SpecBlob& blob : *message.mutable_specs()) {
    const SpecDigest digest(blob.digest());
    absl::StatusOr<ContainerSpec> spec = DecodeSpec(blob.spec());
    if (!spec.ok()) return WithContext(spec.status(), "spec " + digest.value);
    assignment.specs.insert_or_assign(digest, *std::move(spec));
    assignment.received.bytes.insert_or_assign(digest, std::move(*blob.mutable_spec()));
  }
  return assignment;
}

}  // namespace quayside::wire
