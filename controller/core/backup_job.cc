#include "controller/core/backup_job.h"

#include <unistd.h>

#include "common/base/status.h"

namespace quayside::controller {
namespace {

constexpr int kPages = 256;  // 1 MiB of 4 KiB pages: about a millisecond
constexpr size_t kChunk = 1 << 20;

}  // namespace

BackupJob::~BackupJob() {
  if (job_ != nullptr) ::unlink(job_->path.c_str());
}

void BackupJob::Begin(Store& store, StartBackup request, std::string path) {
  if (active()) {
    return request.done(
        FailedPrecondition("cannot start a backup: another one is under way; ask again later"));
  }
  const absl::Status begun = store.BeginBackup(path);
  if (!begun.ok()) return request.done(WithContext(begun, "cannot start a backup"));
  job_ = std::make_unique<Job>();
  job_->path = std::move(path);
  job_->request = std::move(request);
}

void BackupJob::Step(Store& store) {
  if (job_ == nullptr) return;
  if (!job_->copied) {
    const absl::StatusOr<bool> complete = store.StepBackup(kPages);
    if (!complete.ok()) {
      store.AbortBackup();
      return End(WithContext(complete.status(), "cannot copy the database"));
    }
    if (!*complete) return;
    job_->copied = true;
    job_->file.open(job_->path, std::ios::binary);
    if (!job_->file) return End(Internal("cannot read the backup back from " + job_->path));
    return;
  }
  if (job_->request.room && !job_->request.room()) return;
  std::string chunk(kChunk, '\0');
  job_->file.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
  chunk.resize(static_cast<size_t>(job_->file.gcount()));
  if (chunk.empty()) return End(absl::OkStatus());
  if (!job_->request.chunk(std::move(chunk))) {
    End(absl::CancelledError("the caller of the backup has left"));
  }
}

void BackupJob::End(absl::Status status) {
  const std::unique_ptr<Job> job = std::move(job_);
  job->file.close();
  ::unlink(job->path.c_str());
  if (status.ok()) return job->request.done(std::monostate());
  job->request.done(std::move(status));
}

}  // namespace quayside::controller
