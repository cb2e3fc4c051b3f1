// BackupJob hands out a copy of the database while deploys go on: a few pages a turn into a
// temporary file beside nothing else's, then that file in chunks (R28). One at a time. Core thread.
#pragma once

#include <fstream>
#include <memory>
#include <string>

#include "controller/core/requests.h"
#include "controller/store/store.h"

namespace quayside::controller {

class BackupJob {
 public:
  ~BackupJob();

  bool active() const { return job_ != nullptr; }
  // Answers `request` at once when it cannot begin (kFailedPrecondition: another one is under way).
  void Begin(Store& store, StartBackup request, std::string path);
  // One slice. Does nothing while there is none.
  void Step(Store& store);

 private:
  struct Job {
    std::string path;
    StartBackup request;
    bool copied = false;
    std::ifstream file;
  };
  void End(absl::Status status);
  std::unique_ptr<Job> job_;
};

}  // namespace quayside::controller
