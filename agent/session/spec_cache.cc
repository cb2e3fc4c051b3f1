#include "agent/session/spec_cache.h"

#include <utility>

#include "common/base/status.h"
#include "common/wire/wire.h"

namespace quayside::agent {

absl::Status SpecCache::Add(const SpecDigest& digest, std::string bytes) {
  if (entries_.contains(digest)) return absl::OkStatus();
  if (entries_.size() >= kMaxSpecs || bytes_ + bytes.size() > kMaxBytes) {
    return ResourceExhausted("the controller sent more specs than an assignment may need");
  }
  absl::StatusOr<ContainerSpec> spec = wire::DecodeSpec(bytes);
  if (!spec.ok()) return WithContext(spec.status(), "spec " + digest.value);
  bytes_ += bytes.size();
  entries_.emplace(digest, Entry{*std::move(spec), std::move(bytes)});
  return absl::OkStatus();
}

absl::Status SpecCache::Complete(const std::vector<SpecDigest>& digests, Assignment* assignment) {
  for (const SpecDigest& digest : digests) {
    const auto found = entries_.find(digest);
    if (found == entries_.end()) {
      return FailedPrecondition("the assignment needs spec " + digest.value +
                                ", which the controller did not send");
    }
    assignment->specs.insert_or_assign(digest, found->second.spec);
    assignment->received.bytes.insert_or_assign(digest, found->second.bytes);
  }
  std::erase_if(entries_,
                [&](const auto& entry) { return !assignment->specs.contains(entry.first); });
  bytes_ = 0;
  for (const auto& [digest, entry] : entries_) bytes_ += entry.bytes.size();
  return absl::OkStatus();
}

std::vector<SpecDigest> SpecCache::digests() const {
  std::vector<SpecDigest> digests;
  for (const auto& [digest, entry] : entries_) digests.push_back(digest);
  return digests;
}

void SpecCache::Clear() {
  entries_.clear();
  bytes_ = 0;
}

}  // namespace quayside::agent
