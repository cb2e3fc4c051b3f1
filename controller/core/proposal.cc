#include "controller/core/proposal.h"

#include <algorithm>
#include <set>

#include "common/base/status.h"
#include "common/model/digest.h"
#include "common/model/validate.h"
#include "common/wire/wire.h"
#include "controller/core/assignment_builder.h"
#include "controller/core/choices.h"
#include "controller/core/placement_input.h"
#include "controller/core/rollouts.h"
#include "controller/rollout/targets.h"

namespace quayside::controller {
namespace {

constexpr size_t kMaxImagesTold = 10'000;

bool IsDigestReference(const std::string& image) {
  return image.find("@sha256:") != std::string::npos;
}

// The image as a revision keeps it (R17); what its registry said of it is noted.
absl::StatusOr<std::string> Resolve(CoreState& state, const std::string& image,
                                    const ResolvedImages& images, const std::string& where) {
  const auto found = images.find(image);
  if (found == images.end()) {
    if (IsDigestReference(image)) return image;
    return FailedPrecondition("the image " + image + " of " + where +
                              " was not resolved to a digest; ask again");
  }
  if (state.images.size() >= kMaxImagesTold) state.images.clear();
  state.images[found->second.digest_ref] = found->second.facts;
  return found->second.digest_ref;
}

absl::Status ResolveImages(CoreState& state, const ResolvedImages& images, AppSpec* spec) {
  for (ServiceSpec& service : spec->services) {
    const std::string where = spec->name.value + "/" + service.name.value;
    const std::string named = service.container.image;
    QS_ASSIGN_OR_RETURN(service.container.image, Resolve(state, named, images, where));
    if (service.container.image != named) service.container.image_tag = named;
    for (auto& [host, image] : service.host_images) {
      QS_ASSIGN_OR_RETURN(image, Resolve(state, image, images, where + " on " + host));
    }
  }
  return absl::OkStatus();
}

// Gives every service its spec digest. A spec that is what an earlier revision had keeps that one's
// bytes, so that neither a new program nor a new name for the same image recreates anything (R25).
class Digester {
 public:
  Digester(const Ledger& ledger, const AppName& app, Proposal* out) : ledger_(ledger), out_(out) {
    const RevisionRow* desired = DesiredRevision(ledger, app);
    const AppRow* row = ledger.FindApp(app);
    if (desired != nullptr) earlier_.push_back(desired);
    if (row != nullptr) {
      for (const int64_t number : {row->newest_revision, row->succeeded_revision}) {
        const RevisionRow* revision = ledger.FindRevision(app, number);
        if (revision != nullptr) earlier_.push_back(revision);
      }
    }
  }

  absl::Status Run() {
    for (const ServiceSpec& service : out_->revision.spec.services) {
      QS_ASSIGN_OR_RETURN(out_->revision.digests[service.name],
                          Digest(service.name, service.container));
      for (const auto& [host, image] : service.host_images) {
        ContainerSpec own = service.container;
        own.image = image;
        own.image_tag.clear();
        QS_ASSIGN_OR_RETURN((out_->revision.host_digests[{service.name, host}]),
                            Digest(service.name, own));
      }
    }
    return absl::OkStatus();
  }

 private:
  static bool SameButTag(const ContainerSpec& a, ContainerSpec b) {
    b.image_tag = a.image_tag;
    return a == b;
  }

  const SpecDigest* Reuse(const ServiceName& name, const ContainerSpec& container) const {
    for (const RevisionRow* revision : earlier_) {
      const ServiceSpec* service = FindService(revision->spec, name);
      if (service == nullptr) continue;
      if (SameButTag(container, service->container)) return &revision->digests.at(name);
      for (const auto& [host, image] : service->host_images) {
        ContainerSpec own = service->container;
        own.image = image;
        const auto digest = revision->host_digests.find({name, host});
        if (digest != revision->host_digests.end() && SameButTag(container, own)) {
          return &digest->second;
        }
      }
    }
    return nullptr;
  }

  absl::StatusOr<SpecDigest> Digest(const ServiceName& name, const ContainerSpec& container) {
    if (const SpecDigest* known = Reuse(name, container)) return *known;
    std::string bytes = wire::EncodeSpec(container);
    if (static_cast<int64_t>(bytes.size()) > kMaxSpecBytes) {
      return InvalidArgument("service " + name.value + " is too large: its spec has " +
                             std::to_string(bytes.size()) + " bytes and at most " +
                             std::to_string(kMaxSpecBytes) +
                             " are allowed; put large contents "
                             "into the image or a volume");
    }
    SpecDigest digest(Sha256Digest(bytes));
    if (ledger_.model().specs.Find(digest) == nullptr) out_->specs[digest] = {std::move(bytes)};
    return digest;
  }

  const Ledger& ledger_;
  Proposal* out_;
  std::vector<const RevisionRow*> earlier_;
};

// An image that lacks a platform which it would have to run on is refused before anything starts.
absl::Status CheckPlatforms(const PlaceInput& input) {
  for (const ServiceSpec& service : input.spec.services) {
    const std::vector<std::string>& platforms = input.platforms.at(service.name);
    if (platforms.empty()) continue;
    std::string lacking;
    int fitting = 0;
    for (const auto& [id, host] : input.hosts) {
      if (!WhyConstraintsFail(service, host).empty()) continue;
      if (PlatformFits(platforms, service.container.platform, host)) {
        ++fitting;
      } else {
        lacking +=
            (lacking.empty() ? "" : ", ") + host.name + " (" + host.os + "/" + host.arch + ")";
      }
    }
    const bool must_everywhere = service.mode == ServiceMode::kGlobal;
    if (lacking.empty() || (!must_everywhere && fitting > 0)) continue;
    std::string has;
    for (const std::string& platform : platforms) has += (has.empty() ? "" : ", ") + platform;
    return FailedPrecondition("the image of " + input.spec.name.value + "/" + service.name.value +
                              " is for " + has + " and cannot run on " + lacking +
                              "; build it for that platform, or keep it away with a constraint on "
                              "node.platform.arch");
  }
  return absl::OkStatus();
}

absl::Status CheckAssignments(const CoreState& state, const Proposal& proposal) {
  std::map<HostId, std::set<SpecDigest>> specs;
  for (const PlacedSlot& placed : proposal.placement.slots) {
    specs[placed.host].insert(
        DigestFor(proposal.revision, placed.slot.service, state.HostName(placed.host)));
  }
  for (const auto& [host, digests] : specs) {
    int64_t bytes = AssignmentBytes(state.ledger, host);
    for (const SpecDigest& digest : digests) {
      const auto fresh = proposal.specs.find(digest);
      if (fresh != proposal.specs.end()) bytes += static_cast<int64_t>(fresh->second.bytes.size());
    }
    if (bytes > kMaxAssignmentBytes) {
      return FailedPrecondition("host " + state.HostName(host) + " would have an assignment of " +
                                std::to_string(bytes) + " bytes and at most " +
                                std::to_string(kMaxAssignmentBytes) +
                                " are allowed; spread its apps over more hosts");
    }
  }
  return absl::OkStatus();
}

// Names do not reach other hosts: services that are spread cannot be found by theirs.
void WarnOfNames(const CoreState& state, Proposal* out) {
  std::map<ServiceName, std::set<HostId>> hosts;
  for (const PlacedSlot& placed : out->placement.slots) {
    hosts[placed.slot.service].insert(placed.host);
  }
  for (const ServiceSpec& service : out->revision.spec.services) {
    for (const Dependency& dependency : service.container.depends_on) {
      for (const HostId& host : hosts[service.name]) {
        if (hosts[dependency.service].contains(host)) continue;
        out->warnings.push_back(service.name.value + " on " + state.HostName(host) +
                                " cannot find " + dependency.service.value +
                                " by its name: no instance of it is there, and networks do not "
                                "span hosts");
        break;
      }
    }
  }
}

}  // namespace

absl::StatusOr<Proposal> Propose(CoreState& state, AppSpec spec, const ResolvedImages* images,
                                 bool from_file) {
  QS_RETURN_IF_ERROR(ValidateAppSpec(spec));
  Proposal out;
  const AppName app = spec.name;
  const RevisionRow* current = DesiredRevision(state.ledger, app);
  if (from_file) out.undone = KeepChoices(state.ledger, current, &spec);
  if (images != nullptr) QS_RETURN_IF_ERROR(ResolveImages(state, *images, &spec));
  const AppRow* row = state.ledger.FindApp(app);
  out.revision.key = {app, row == nullptr ? 1 : row->newest_revision + 1};
  out.revision.spec = std::move(spec);
  QS_RETURN_IF_ERROR(Digester(state.ledger, app, &out).Run());
  out.same_spec = current != nullptr && current->spec == out.revision.spec &&
                  current->digests == out.revision.digests;
  PlacedApp placed = PlaceApp(state, out.revision.spec);
  if (!placed.all_hosts && !CheckPlatforms(placed.input).ok()) {
    placed = PlaceAmongAll(state, out.revision.spec);
  }
  QS_RETURN_IF_ERROR(CheckPlatforms(placed.input));
  out.placement = std::move(placed.placement);
  out.warnings = out.placement.warnings;
  QS_RETURN_IF_ERROR(CheckAssignments(state, out));
  WarnOfNames(state, &out);
  out.targets = TargetsFor(state, out.revision, out.placement, /*new_attempt=*/true);
  return out;
}

}  // namespace quayside::controller
