// The parts of a ContainerSpec, to protobuf and back. Enum values: in a spec everything must be
// understood, so a number that this program does not know is refused (kInvalidArgument), and so is
// the unspecified one.
#pragma once

#include "absl/status/statusor.h"
#include "common/model/spec.h"
#include "common/wire/primitives.h"

namespace quayside::wire {

void ToProto(const PortSpec& port, pb::Port* out);
absl::StatusOr<PortSpec> FromProto(const pb::Port& in);

void ToProto(const MountSpec& mount, pb::Mount* out);
absl::StatusOr<MountSpec> FromProto(const pb::Mount& in);

void ToProto(const NetworkAttachment& attachment, pb::NetworkAttachment* out);
absl::StatusOr<NetworkAttachment> FromProto(const pb::NetworkAttachment& in);

// Networks and volumes travel with the key that the file gives them.
void PutNetworks(const std::map<std::string, NetworkSpec>& networks,
                 google::protobuf::RepeatedPtrField<pb::Network>* out);
absl::Status TakeNetworks(const google::protobuf::RepeatedPtrField<pb::Network>& in,
                          std::map<std::string, NetworkSpec>* networks);
void PutVolumes(const std::map<std::string, VolumeSpec>& volumes,
                google::protobuf::RepeatedPtrField<pb::Volume>* out);
absl::Status TakeVolumes(const google::protobuf::RepeatedPtrField<pb::Volume>& in,
                         std::map<std::string, VolumeSpec>* volumes);

void ToProto(const HealthCheck& check, pb::HealthCheck* out);
absl::StatusOr<HealthCheck> FromProto(const pb::HealthCheck& in);

void ToProto(const ProbeSpec& probe, pb::Probe* out);
absl::StatusOr<ProbeSpec> FromProto(const pb::Probe& in);

void ToProto(const RestartSpec& restart, pb::Restart* out);
absl::StatusOr<RestartSpec> FromProto(const pb::Restart& in);

void ToProto(const Ulimit& ulimit, pb::Ulimit* out);
absl::StatusOr<Ulimit> FromProto(const pb::Ulimit& in);

void ToProto(const DeviceSpec& device, pb::Device* out);
absl::StatusOr<DeviceSpec> FromProto(const pb::Device& in);

void ToProto(const ResourceLimits& limits, pb::ResourceLimits* out);
ResourceLimits FromProto(const pb::ResourceLimits& in);

void ToProto(const Dependency& dependency, pb::Dependency* out);
absl::StatusOr<Dependency> FromProto(const pb::Dependency& in);

}  // namespace quayside::wire
