// absl::Mutex for the ThreadSanitizer build, made of std::mutex and std::condition_variable.
//
// Debian's libabsl is not instrumented: ThreadSanitizer sees neither the atomics in its Mutex nor
// that a condition is evaluated with the lock held, so every guarded access looks like a race. The
// definitions here stand in the test program itself, which the dynamic linker prefers to the
// library's; what they are made of is intercepted, and so the reports that remain are true. Slower
// than the real one, and a reader lock excludes other readers: both are fine for tests. Linked by
// quayside_test (cmake/targets.cmake) when QUAYSIDE_SANITIZE has `thread`, and nowhere else.
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>

#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace absl {
ABSL_NAMESPACE_BEGIN
namespace {

struct Parts {
  std::mutex mutex;
  std::condition_variable changed;  // somebody unlocked: conditions are worth another look
};

static_assert(sizeof(Mutex) == sizeof(Parts*), "the word of absl::Mutex holds the pointer");
static_assert(sizeof(CondVar) == sizeof(std::condition_variable*), "likewise");

// The word of an absl object is zero at first; it becomes a pointer to what stands in for it.
template <typename Part, typename Owner>
std::atomic<Part*>& WordOf(Owner* owner) {
  return *reinterpret_cast<std::atomic<Part*>*>(owner);
}

template <typename Part, typename Owner>
Part& PartOf(Owner* owner) {
  std::atomic<Part*>& word = WordOf<Part>(owner);
  Part* part = word.load(std::memory_order_acquire);
  if (part == nullptr) {
    auto* made = new Part;
    if (word.compare_exchange_strong(part, made, std::memory_order_acq_rel)) return *made;
    delete made;
  }
  return *part;
}

// Waits on `changed`, with `parts.mutex` held, until the condition is true or the deadline has
// come.
bool AwaitUntil(Parts& parts, const Condition& condition, Time deadline) {
  std::unique_lock lock(parts.mutex, std::adopt_lock);
  while (!condition.Eval()) {
    const Duration left = deadline - Now();
    if (left <= ZeroDuration()) break;
    // An hour at a time: an infinite duration does not fit into a clock of nanoseconds.
    parts.changed.wait_for(lock, ToChronoNanoseconds(std::min(left, Hours(1))));
  }
  lock.release();
  return condition.Eval();
}

}  // namespace

Mutex::~Mutex() { delete WordOf<Parts>(this).load(); }

void Mutex::Lock() { PartOf<Parts>(this).mutex.lock(); }
bool Mutex::TryLock() { return PartOf<Parts>(this).mutex.try_lock(); }
void Mutex::Unlock() {
  Parts& parts = PartOf<Parts>(this);
  parts.changed.notify_all();
  parts.mutex.unlock();
}

void Mutex::ReaderLock() { Lock(); }
bool Mutex::ReaderTryLock() { return TryLock(); }
void Mutex::ReaderUnlock() { Unlock(); }
void Mutex::AssertHeld() const {}
void Mutex::AssertReaderHeld() const {}
void Mutex::ForgetDeadlockInfo() {}

void Mutex::Await(const Condition& condition) { AwaitWithDeadline(condition, InfiniteFuture()); }
bool Mutex::AwaitWithTimeout(const Condition& condition, Duration timeout) {
  return AwaitWithDeadline(condition, Now() + timeout);
}
bool Mutex::AwaitWithDeadline(const Condition& condition, Time deadline) {
  return AwaitUntil(PartOf<Parts>(this), condition, deadline);
}

void Mutex::LockWhen(const Condition& condition) {
  Lock();
  Await(condition);
}
bool Mutex::LockWhenWithTimeout(const Condition& condition, Duration timeout) {
  Lock();
  return AwaitWithTimeout(condition, timeout);
}
bool Mutex::LockWhenWithDeadline(const Condition& condition, Time deadline) {
  Lock();
  return AwaitWithDeadline(condition, deadline);
}
void Mutex::ReaderLockWhen(const Condition& condition) { LockWhen(condition); }
bool Mutex::ReaderLockWhenWithTimeout(const Condition& condition, Duration timeout) {
  return LockWhenWithTimeout(condition, timeout);
}
bool Mutex::ReaderLockWhenWithDeadline(const Condition& condition, Time deadline) {
  return LockWhenWithDeadline(condition, deadline);
}

CondVar::~CondVar() { delete WordOf<std::condition_variable>(this).load(); }
void CondVar::Wait(Mutex* mutex) { WaitWithDeadline(mutex, InfiniteFuture()); }
bool CondVar::WaitWithTimeout(Mutex* mutex, Duration timeout) {
  return WaitWithDeadline(mutex, Now() + timeout);
}
bool CondVar::WaitWithDeadline(Mutex* mutex, Time deadline) {
  Parts& parts = PartOf<Parts>(mutex);
  parts.changed.notify_all();
  std::unique_lock lock(parts.mutex, std::adopt_lock);
  const Duration left = std::min(deadline - Now(), Hours(1));
  const auto how = PartOf<std::condition_variable>(this).wait_for(lock, ToChronoNanoseconds(left));
  lock.release();
  return how == std::cv_status::timeout;
}
void CondVar::Signal() { PartOf<std::condition_variable>(this).notify_one(); }
void CondVar::SignalAll() { PartOf<std::condition_variable>(this).notify_all(); }

ABSL_NAMESPACE_END
}  // namespace absl
