// QS_CHECK(condition): a broken invariant is a bug of ours; say where and crash. Restart is cheap
// and the store is safe. Never for what the network, the disk, Docker or a user can cause.
#pragma once

namespace quayside {
[[noreturn]] void CheckFailed(const char* condition, const char* file, int line);
}  // namespace quayside

#define QS_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::quayside::CheckFailed(#condition, __FILE__, __LINE__))
