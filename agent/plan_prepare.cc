// Everything before the first start of a container (R12): its image is here and verified, its
// networks and volumes exist, and it is created, unarmed.
#include <algorithm>

#include "agent/join.h"
#include "agent/planner.h"

namespace quayside::agent {
namespace {

// "linux/amd64" against an image's own; empty parts match anything.
bool PlatformFits(const std::string& wanted_os, const std::string& wanted_arch,
                  const ImageDetail& image) {
  const auto fits = [](const std::string& wanted, const std::string& is) {
    return wanted.empty() || is.empty() || wanted == is;
  };
  return fits(wanted_os, image.os) && fits(wanted_arch, image.arch);
}

}  // namespace

bool Planner::Troubled(SlotView& view, const std::string& key, OnTrouble on_trouble,
                       InstanceState state) {
  const Trouble* definite = DefiniteTrouble(key);
  if (definite != nullptr && on_trouble == OnTrouble::kFail) {
    Fail(view, definite->reason);
    return true;
  }
  return HeldBack(key, view.desired->id, state);
}

void Planner::Prepare(SlotView& view, OnTrouble on_trouble) {
  const InstanceId& id = view.desired->id;
  Wait(id, {.state = InstanceState::kPending});
  // The image and what it is attached to are prepared side by side.
  const bool image = PrepareImage(view, on_trouble);
  if (FindVerdict(view.record, id) != nullptr) return;
  const bool networks = PrepareNetworks(view, on_trouble);
  if (FindVerdict(view.record, id) != nullptr) return;
  if (!image || !networks || !PrepareVolumes(view, on_trouble) || !JoinHolds(view)) return;
  if (Troubled(view, BusyKeyOfInstance(id), on_trouble, InstanceState::kCreating)) return;
  const bool made_again = on_trouble == OnTrouble::kWait && JoinedServices(*view.spec).empty();
  if (made_again && DriftHeldBack(id)) {
    Wait(id, {.state = InstanceState::kPending,
              .failure = FailureKind::kInfrastructure,
              .reason = "it was removed again right after it was made again; tried more slowly"});
    return;
  }
  Wait(id, {.state = InstanceState::kCreating});
  Act({.kind = Action::Kind::kCreate,
       .slot = view.key,
       .instance = id,
       .object = "",
       .why = made_again ? "it was removed" : "new",
       .drift = made_again ? "it was removed" : ""});
}

bool Planner::PrepareImage(SlotView& view, OnTrouble on_trouble) {
  const InstanceId& id = view.desired->id;
  const std::string& image = view.spec->image;
  const std::string key = BusyKeyOfImage(image);
  const auto fact = in_.images.find(image);
  if (fact != in_.images.end() && fact->second.local) {
    const ImageDetail& detail = fact->second.detail;
    const std::string& platform = view.spec->platform;
    const size_t slash = platform.find('/');
    const std::string os = platform.empty() ? in_.engine.os : platform.substr(0, slash);
    const std::string arch =
        platform.empty() ? in_.engine.arch
        : slash == std::string::npos
            ? ""
            : platform.substr(slash + 1, platform.find('/', slash + 1) - slash - 1);
    if (PlatformFits(os, arch, detail)) return true;
    const std::string reason = "image " + image + " is for " + detail.os + "/" + detail.arch +
                               ", and " + os + "/" + arch +
                               " is needed here; push an image for that platform";
    if (on_trouble == OnTrouble::kFail) {
      Fail(view, reason);
    } else {
      Wait(id, {.state = InstanceState::kPending,
                .failure = FailureKind::kApplication,
                .reason = reason});
    }
    return false;
  }
  if (Troubled(view, key, on_trouble, InstanceState::kPulling)) return false;
  if (fact == in_.images.end()) {
    Act({.kind = Action::Kind::kInspectImage,
         .slot = view.key,
         .instance = InstanceId(),
         .object = image,
         .why = ""});
    return false;
  }
  const auto progress = in_.pull_progress.find(image);
  Wait(id, {.state = InstanceState::kPulling,
            .reason = progress == in_.pull_progress.end() ? "" : progress->second});
  Act({.kind = Action::Kind::kPullImage,
       .slot = view.key,
       .instance = InstanceId(),
       .object = image,
       .why = "for " + quayside::ToString(view.key)});
  return false;
}

bool Planner::PrepareNetworks(SlotView& view, OnTrouble on_trouble) {
  bool all = true;
  for (const NetworkAttachment& attachment : view.spec->network_attachments) {
    const auto network = view.spec->networks.find(attachment.network);
    if (network == view.spec->networks.end()) continue;
    const bool ensured =
        std::any_of(in_.networks.begin(), in_.networks.end(),
                    [&](const EnsuredNetwork& known) { return known.spec == network->second; });
    if (ensured) continue;
    all = false;
    const std::string key = BusyKeyOfNetwork(network->second.name);
    if (Troubled(view, key, on_trouble, InstanceState::kPending)) return false;
    Act({.kind = Action::Kind::kEnsureNetwork,
         .slot = view.key,
         .instance = InstanceId(),
         .object = network->second.name,
         .why = "for " + quayside::ToString(view.key)});
  }
  return all;
}

bool Planner::PrepareVolumes(SlotView& view, OnTrouble on_trouble) {
  std::vector<std::string> names;
  for (const MountSpec& mount : view.spec->mounts) {
    const auto volume = view.spec->volumes.find(mount.source);
    if (mount.type == MountType::kVolume && volume != view.spec->volumes.end()) {
      names.push_back(volume->second.name);
    }
  }
  const std::vector<std::string>& image_volumes = in_.images.at(view.spec->image).detail.volumes;
  for (const std::string& target : ManagedMountPoints(*view.spec, image_volumes)) {
    names.push_back(ManagedVolumeName(view.key, target));
  }
  bool all = true;
  for (const std::string& name : names) {
    if (in_.volumes.contains(name)) continue;
    all = false;
    if (Troubled(view, BusyKeyOfVolume(name), on_trouble, InstanceState::kPending)) return false;
    Act({.kind = Action::Kind::kEnsureVolume,
         .slot = view.key,
         .instance = InstanceId(),
         .object = name,
         .why = "for " + quayside::ToString(view.key)});
  }
  return all;
}

}  // namespace quayside::agent
