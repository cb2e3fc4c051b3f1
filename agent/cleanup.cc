#include "agent/cleanup.h"

#include <algorithm>
#include <tuple>

namespace quayside::agent {
namespace {

std::string DigestOf(const std::string& image) {
  const size_t at = image.rfind('@');
  return at == std::string::npos ? image : image.substr(at + 1);
}

const ImageDetail* FindImage(const std::vector<ImageDetail>& images, const std::string& digest) {
  for (const ImageDetail& image : images) {
    for (const std::string& known : image.repo_digests) {
      if (DigestOf(known) == digest) return &image;
    }
  }
  return nullptr;
}

}  // namespace

std::set<std::string> NeededImages(const Assignment& assignment,
                                   const std::map<InstanceId, Container>& containers) {
  std::set<std::string> needed;
  for (const Instance& instance : assignment.instances) {
    const auto spec = assignment.specs.find(instance.spec);
    if (spec != assignment.specs.end()) needed.insert(spec->second.image);
  }
  for (const auto& [id, container] : containers) needed.insert(container.detail.image);
  return needed;
}

ImageLedger Updated(const ImageLedger& ledger, const std::set<std::string>& needed,
                    absl::Time wall) {
  ImageLedger updated;
  for (const auto& [image, since] : ledger) {
    const absl::Time unneeded = since == absl::InfiniteFuture() ? wall : since;
    updated[image] = needed.contains(image) ? absl::InfiniteFuture() : unneeded;
  }
  return updated;
}

std::vector<Removable> PlanCleanup(const ImageLedger& ledger,
                                   const std::vector<ImageDetail>& images,
                                   const std::map<InstanceId, Container>& containers,
                                   const CleanupRules& rules, absl::Time wall) {
  std::set<std::string> used;
  for (const auto& [id, container] : containers) used.insert(container.detail.image_id);
  std::vector<Removable> removable;
  for (const auto& [image, since] : ledger) {
    if (since == absl::InfiniteFuture() || wall - since < rules.min_age) continue;
    const ImageDetail* detail = FindImage(images, DigestOf(image));
    if (detail == nullptr || used.contains(detail->id)) continue;
    removable.push_back(
        {.image = image, .size_bytes = detail->size_bytes, .unneeded_since = since});
  }
  std::sort(removable.begin(), removable.end(), [](const Removable& a, const Removable& b) {
    return std::tie(a.unneeded_since, a.image) < std::tie(b.unneeded_since, b.image);
  });
  int64_t freed = 0;
  const auto enough = std::find_if(removable.begin(), removable.end(), [&](const Removable& r) {
    if (freed >= rules.bytes_to_free) return true;
    freed += r.size_bytes;
    return false;
  });
  removable.erase(enough, removable.end());
  return removable;
}

int64_t BytesToFree(const EngineFacts& facts, double start, double stop) {
  if (facts.disk_total_bytes <= 0) return 0;
  const auto total = static_cast<double>(facts.disk_total_bytes);
  const double used = total - static_cast<double>(facts.disk_free_bytes);
  if (used < start * total) return 0;
  return static_cast<int64_t>(used - stop * total);
}

}  // namespace quayside::agent
