#include "controller/core/spec_cache.h"

#include "common/base/log.h"
#include "common/base/status.h"
#include "common/wire/wire.h"

namespace quayside::controller {
namespace {

constexpr size_t kMaxSpecs = 10'000;

}  // namespace

const ContainerSpec* SpecCache::Get(const Ledger& ledger, const SpecDigest& digest) {
  const auto known = specs_.find(digest);
  if (known != specs_.end()) return known->second.get();
  const SpecRow* row = ledger.model().specs.Find(digest);
  if (row == nullptr) return nullptr;
  absl::StatusOr<ContainerSpec> spec = wire::DecodeSpec(row->bytes);
  if (!spec.ok()) {
    Log(LogLevel::kError, "spec_unreadable",
        {{"digest", digest.value}, {"error", Message(spec.status())}});
    return nullptr;
  }
  if (specs_.size() >= kMaxSpecs) specs_.clear();
  return specs_.emplace(digest, std::make_unique<const ContainerSpec>(*std::move(spec)))
      .first->second.get();
}

}  // namespace quayside::controller
