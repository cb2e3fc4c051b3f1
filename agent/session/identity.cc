#include "agent/session/identity.h"

#include "common/base/status.h"
#include "common/model/digest.h"
#include "quayside/v1/state.pb.h"

namespace quayside::agent {
namespace {

constexpr char kFile[] = "identity";
constexpr int kSecretLength = 52;
constexpr size_t kMaxIdBytes = 4096;

std::string FirstLine(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadFile(path, kMaxIdBytes);
  if (!text.ok()) return "";
  return text->substr(0, text->find('\n'));
}

}  // namespace

absl::StatusOr<AgentIdentity> LoadIdentity(FileStore& files) {
  const absl::StatusOr<std::string> bytes = files.Read(kFile);
  if (absl::IsNotFound(bytes.status())) return AgentIdentity{};
  if (!bytes.ok()) return bytes.status();
  v1::AgentIdentity message;
  if (!message.ParseFromString(*bytes) || message.name().empty() || message.secret().empty()) {
    return DataLoss(
        "the file `identity` in the agent's data directory is damaged; put it back from a backup, "
        "or remove it and let the host join anew under another name");
  }
  return AgentIdentity{.name = message.name(),
                       .secret = message.secret(),
                       .fleet = FleetId(message.fleet_id()),
                       .host = HostId(message.host_id()),
                       .controller = message.controller()};
}

absl::Status SaveIdentity(FileStore& files, const AgentIdentity& identity) {
  v1::AgentIdentity message;
  message.set_name(identity.name);
  message.set_secret(identity.secret);
  message.set_fleet_id(identity.fleet.value);
  message.set_host_id(identity.host.value);
  message.set_controller(identity.controller);
  return files.Write(kFile, message.SerializeAsString());
}

absl::StatusOr<AgentIdentity> EnsureIdentity(FileStore& files, Random& random,
                                             const std::string& controller, const std::string& name,
                                             const std::string& host_name) {
  QS_ASSIGN_OR_RETURN(const AgentIdentity stored, LoadIdentity(files));
  AgentIdentity identity = stored;
  if (!controller.empty()) identity.controller = controller;
  if (!name.empty()) identity.name = name;
  if (identity.name.empty()) identity.name = host_name;
  if (identity.controller.empty()) {
    return InvalidArgument(
        "no controller is known yet; name it once: quayside-agent --controller HOST:PORT");
  }
  if (identity.secret.empty()) identity.secret = random.Base32(kSecretLength);
  if (identity != stored) QS_RETURN_IF_ERROR(SaveIdentity(files, identity));
  return identity;
}

std::string MachineId(const std::string& data_dir) {
  return Sha256Digest(FirstLine("/etc/machine-id") + "\n" + data_dir);
}

std::string BootId() { return FirstLine("/proc/sys/kernel/random/boot_id"); }

}  // namespace quayside::agent
