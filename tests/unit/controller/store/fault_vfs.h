// A layer below SQLite that makes writes and syncs fail on purpose, as a full or broken disk does.
// While one lives it is the default for every database that is opened; at most one at a time.
#pragma once

#include <memory>

namespace quayside::controller {

class FaultVfs {
 public:
  FaultVfs();
  ~FaultVfs();

  // The next `writes` writes and syncs succeed, all after them fail with `code` (SQLITE_FULL,
  // SQLITE_IOERR_FSYNC, …).
  void FailAfter(int writes, int code);
  void Heal();
  // How many writes and syncs there were since FailAfter or Heal.
  int count() const;

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace quayside::controller
