#include "agent/docker/create.h"

#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "agent/docker/create_body.h"
#include "agent/docker/networks.h"
#include "agent/docker/parse.h"
#include "agent/labels.h"
#include "common/base/status.h"

namespace quayside::agent::docker {
namespace {

// One create on its way; kept alive by the callbacks that it hands out.
class Creation : public std::enable_shared_from_this<Creation> {
 public:
  Creation(Api& api, CreateContainer call, Engine::Done done)
      : api_(api), plan_(std::move(call.plan)), done_(std::move(done)) {
    attachments_ = OrderedAttachments(plan_.spec);
  }

  void Start() {
    if (absl::Status status = MakeBindSources(); !status.ok()) return done_(std::move(status));
    KeepEntrypoint();
  }

 private:
  // The engine is on this host (unix socket), and Mounts do not make a missing source as Binds
  // would.
  absl::Status MakeBindSources() {
    for (const MountSpec& mount : plan_.spec.mounts) {
      if (mount.type != MountType::kBind || !mount.bind_create_host_path) continue;
      std::error_code error;
      if (std::filesystem::exists(mount.source, error)) continue;
      std::filesystem::create_directories(mount.source, error);
      if (error) {
        return InvalidArgument("cannot create container " + plan_.name + ": its bind source " +
                               mount.source + " is missing and cannot be made: " + error.message());
      }
    }
    return absl::OkStatus();
  }

  // `command: []` takes the image's command away and leaves its entrypoint. The engine reads an
  // empty command without an entrypoint as "the image's own", so the image's entrypoint is named.
  void KeepEntrypoint() {
    ContainerSpec& spec = plan_.spec;
    if (!spec.command || !spec.command->empty() || spec.entrypoint) return FindNextNetwork(0);
    api_.Call({.what = "inspect image " + spec.image,
               .path = "/images/" + net::UrlEscape(spec.image) + "/json"},
              [self = shared_from_this()](absl::StatusOr<std::string> body) {
                if (!body.ok()) return self->done_(body.status());
                auto entrypoint = ParseImageEntrypoint(*body);
                if (!entrypoint.ok()) return self->done_(entrypoint.status());
                if (!entrypoint->empty()) self->plan_.spec.entrypoint = *std::move(entrypoint);
                self->FindNextNetwork(0);
              });
  }

  void FindNextNetwork(size_t index) {
    if (index == attachments_.size()) return PostCreate();
    const std::string& key = attachments_[index].network;
    const auto spec = plan_.spec.networks.find(key);
    if (spec == plan_.spec.networks.end()) {
      return done_(InvalidArgument("cannot create container " + plan_.name + ": its network " +
                                   key + " is not defined in its spec"));
    }
    FindNetwork(api_, spec->second,
                [self = shared_from_this(), index, key](absl::StatusOr<FoundNetwork> found) {
                  if (!found.ok()) {
                    return self->done_(
                        WithContext(found.status(), "cannot create container " + self->plan_.name));
                  }
                  if (!found->exists) {
                    return self->done_(NotFound("cannot create container " + self->plan_.name +
                                                ": network " + found->name + " does not exist"));
                  }
                  self->networks_[key] = found->name;
                  self->FindNextNetwork(index + 1);
                });
  }

  void PostCreate() {
    api_.WithVersion([self = shared_from_this()](absl::StatusOr<int> version) {
      if (!version.ok()) return self->done_(version.status());
      self->version_ = *version;
      self->PostCreateNow();
    });
  }

  void PostCreateNow() {
    std::string path = "/containers/create?name=" + net::UrlEscape(plan_.name);
    if (!plan_.spec.platform.empty()) path += "&platform=" + net::UrlEscape(plan_.spec.platform);
    api_.Call({.what = "create container " + plan_.name,
               .method = "POST",
               .path = path,
               .body = CreateBody(plan_, networks_, version_),
               .timeout = kWriteTimeout},
              [self = shared_from_this()](absl::StatusOr<std::string> body) {
                if (absl::IsAlreadyExists(body.status()))
                  return self->CompareExisting(body.status());
                if (!body.ok()) return self->done_(body.status());
                absl::StatusOr<std::string> id = ParseCreatedId(*body);
                if (!id.ok()) return self->done_(id.status());
                self->id_ = *std::move(id);
                self->ConnectNext(1, {});
              });
  }

  // The answer to an earlier try may have been lost.
  void CompareExisting(absl::Status taken) {
    api_.Call({.what = "inspect container " + plan_.name,
               .path = "/containers/" + net::UrlEscape(plan_.name) + "/json"},
              [self = shared_from_this(), taken](absl::StatusOr<std::string> body) {
                if (!body.ok()) return self->done_(taken);
                const absl::StatusOr<ContainerDetail> existing = ParseContainer(*body);
                if (!existing.ok()) return self->done_(existing.status());
                if (!SameContainer(self->plan_.labels, existing->row.labels) ||
                    existing->row.name != self->plan_.name) {
                  return self->done_(taken);
                }
                self->id_ = existing->row.id;
                self->ConnectNext(1, existing->addresses);
              });
  }

  // Below kMultiNetworkApi: the networks beyond the first, before the first start. `connected`: has
  // them already.
  void ConnectNext(size_t index, std::map<std::string, std::string> connected) {
    if (index >= attachments_.size() || version_ >= kMultiNetworkApi) {
      return done_(Created{id_});
    }
    const NetworkAttachment& attachment = attachments_[index];
    const std::string network = networks_[attachment.network];
    if (connected.contains(network)) return ConnectNext(index + 1, std::move(connected));
    api_.Call({.what = "connect container " + plan_.name + " to network " + network,
               .method = "POST",
               .path = "/networks/" + net::UrlEscape(network) + "/connect",
               .body = ConnectBody(id_, attachment, plan_.aliases, version_),
               .timeout = kWriteTimeout},
              [self = shared_from_this(), index,
               connected = std::move(connected)](absl::StatusOr<std::string> body) mutable {
                if (!body.ok()) return self->RemoveHalfMade(body.status());
                self->ConnectNext(index + 1, std::move(connected));
              });
  }

  // A container that lacks a network must not be taken for a created one.
  void RemoveHalfMade(absl::Status why) {
    api_.Call({.what = "remove container " + plan_.name,
               .method = "DELETE",
               .path = "/containers/" + id_,
               .timeout = kWriteTimeout},
              [self = shared_from_this(), why](absl::StatusOr<std::string>) { self->done_(why); });
  }

  Api& api_;
  ContainerPlan plan_;
  Engine::Done done_;
  std::vector<NetworkAttachment> attachments_;
  NetworkNames networks_;
  int version_ = 0;
  std::string id_;
};

}  // namespace

void Create(Api& api, CreateContainer call, Engine::Done done) {
  std::make_shared<Creation>(api, std::move(call), std::move(done))->Start();
}

}  // namespace quayside::agent::docker
