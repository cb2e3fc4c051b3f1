// Verbs that keep the house: backup, recovery, cleanup, the doctor.
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/status.h"
#include "ctl/json.h"
#include "ctl/print.h"
#include "ctl/verbs.h"
#include "ctl/wait.h"

namespace quayside::ctl {
namespace {

absl::Status FileError(const std::string& path, const std::string& tried) {
  return MakeStatus(absl::StatusCode::kUnknown, "the backup " + path + " could not be " + tried +
                                                    " because of: " + std::strerror(errno) +
                                                    "; name a file on a disk with room");
}

// A file that appears under its name only when it is whole and on the disk.
class BackupFile {
 public:
  explicit BackupFile(std::string path) : path_(std::move(path)) {}
  ~BackupFile() {
    if (fd_ >= 0) close(fd_);
    if (!temporary_.empty()) unlink(temporary_.c_str());
  }
  BackupFile(const BackupFile&) = delete;
  BackupFile& operator=(const BackupFile&) = delete;

  absl::Status Open() {
    std::string name = path_ + ".XXXXXX";
    fd_ = mkostemp(name.data(), O_CLOEXEC);  // mode 0600: it holds the fleet's secrets
    if (fd_ < 0) return FileError(path_, "made");
    temporary_ = name;
    return absl::OkStatus();
  }

  absl::Status Append(std::string_view chunk) {
    while (!chunk.empty()) {
      const ssize_t n = write(fd_, chunk.data(), chunk.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return FileError(path_, "written");
      chunk.remove_prefix(static_cast<size_t>(n));
      bytes_ += n;
    }
    return absl::OkStatus();
  }

  absl::Status Commit() {
    if (fsync(fd_) != 0) return FileError(path_, "written");
    if (rename(temporary_.c_str(), path_.c_str()) != 0) return FileError(path_, "put in place");
    temporary_.clear();
    const size_t slash = path_.rfind('/');
    const std::string directory = slash == std::string::npos ? "." : path_.substr(0, slash + 1);
    const int fd = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool synced = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) close(fd);
    return synced ? absl::OkStatus() : FileError(path_, "made durable");
  }

  int64_t bytes() const { return bytes_; }

 private:
  std::string path_;
  std::string temporary_;
  int fd_ = -1;
  int64_t bytes_ = 0;
};

absl::Status BackupToStdout(Session& s) {
  if (s.console.out_terminal) {
    return InvalidArgument(
        "a backup is not for a terminal; give a file, or send stdout to a "
        "program, as in `ctl backup - | age -r KEY > quayside.db.age`");
  }
  return s.client.Backup([&](const std::string& chunk) {
    s.console.out << chunk;
    if (s.console.out.good()) return absl::OkStatus();
    return MakeStatus(absl::StatusCode::kUnknown,
                      "the backup could not be written to stdout; check where it goes");
  });
}

}  // namespace

absl::StatusOr<int> Backup(Session& s) {
  const std::string& path = s.in.operands[0];
  if (path == "-") {
    QS_RETURN_IF_ERROR(BackupToStdout(s));
    return kExitDone;
  }
  struct stat found {};
  if (stat(path.c_str(), &found) == 0 && !S_ISREG(found.st_mode)) {
    return InvalidArgument("the backup cannot be written to " + path +
                           " because that is no regular file; name a file");
  }
  BackupFile file(path);
  QS_RETURN_IF_ERROR(file.Open());
  QS_RETURN_IF_ERROR(s.client.Backup([&](const std::string& chunk) { return file.Append(chunk); }));
  if (file.bytes() == 0) {
    return DataLoss("the controller sent an empty backup, so " + path +
                    " was not written; see its log");
  }
  QS_RETURN_IF_ERROR(file.Commit());
  if (WantsDocument(s)) {
    google::protobuf::RepeatedPtrField<std::string> files;
    *files.Add() = path;
    PrintDocument(s, ListJson("files", files));
  } else {
    s.console.out << "the database is in " << Escape(path) << ", " << file.bytes()
                  << " bytes; `quayside-controller restore " << Escape(path)
                  << " --data-dir DIR` puts it in place\n";
  }
  return kExitDone;
}

absl::StatusOr<int> RecoveryStatus(Session& s) {
  QS_ASSIGN_OR_RETURN(const v1::GetRecoveryReply reply,
                      s.client.Read(&Client::Stub::GetRecovery, v1::GetRecoveryRequest()));
  if (WantsDocument(s)) {
    PrintDocument(s, RecoveryJson(reply));
    return kExitDone;
  }
  if (!reply.recovering()) {
    s.console.out << "no recovery is going on\n";
    return kExitDone;
  }
  s.console.out << "recovery since " << Rfc3339(reply.since()) << ": " << Escape(reply.reason())
                << "\n";
  for (const std::string& held : reply.held()) s.console.out << "  " << Escape(held) << "\n";
  s.console.out << (reply.held().empty() ? "nothing is held; "
                                         : "hosts keep what they run meanwhile; ")
                << "`ctl recovery accept [APP]` lets it happen\n";
  return kExitDone;
}

absl::StatusOr<int> RecoveryAccept(Session& s) {
  v1::AcceptRecoveryRequest request;
  if (!s.in.operands.empty()) request.set_app(s.in.operands[0]);
  QS_RETURN_IF_ERROR(ConfirmDangerous(
      s, request.app().empty()
             ? "Let every held change happen? Hosts may go back to older revisions."
             : "Let the held changes of " + request.app() + " happen?"));
  QS_ASSIGN_OR_RETURN(const v1::AcceptRecoveryReply reply,
                      s.client.Change(&Client::Stub::AcceptRecovery, request));
  if (WantsDocument(s)) {
    PrintDocument(s, ListJson("accepted", reply.accepted()));
    return kExitDone;
  }
  for (const std::string& line : reply.accepted()) {
    s.console.out << "accepted: " << Escape(line) << "\n";
  }
  if (reply.accepted().empty()) s.console.out << "nothing to do: nothing was held\n";
  return kExitDone;
}

absl::StatusOr<int> CollectGarbage(Session& s) {
  v1::CollectGarbageRequest request;
  request.set_host(s.in.Value("host"));
  request.set_dry_run(s.in.Has("dry-run"));
  QS_ASSIGN_OR_RETURN(const v1::CollectGarbageReply reply,
                      s.client.Change(&Client::Stub::CollectGarbage, request));
  bool failed = false;
  for (const auto& host : reply.hosts()) failed |= !host.error().empty();
  if (WantsDocument(s)) {
    PrintDocument(s, GarbageJson(reply));
    return failed ? kExitFailed : kExitDone;
  }
  for (const auto& host : reply.hosts()) {
    s.console.out << s.console.Paint(Escape(host.host()), Tone::kBold) << "\n";
    for (const std::string& line : host.lines()) s.console.out << "  " << Escape(line) << "\n";
    if (!host.error().empty()) {
      s.console.out << "  " << s.console.Paint("error:", Tone::kBad) << " " << Escape(host.error())
                    << "\n";
    } else if (host.lines().empty()) {
      s.console.out << "  nothing to remove\n";
    }
  }
  if (reply.hosts().empty()) s.console.Note("no host is ready to be asked; see `ctl host ls`");
  return failed ? kExitFailed : kExitDone;
}

absl::StatusOr<int> Doctor(Session& s) {
  v1::DoctorRequest request;
  if (!s.in.operands.empty()) request.set_host(s.in.operands[0]);
  QS_ASSIGN_OR_RETURN(const v1::DoctorReply reply, s.client.Read(&Client::Stub::Doctor, request));
  bool errors = false;
  for (const auto& finding : reply.findings()) errors |= finding.severity() == "error";
  if (WantsDocument(s)) {
    PrintDocument(s, DoctorJson(reply));
    return errors ? kExitFailed : kExitDone;
  }
  Table table({"SEVERITY", "WHERE", "FINDING"});
  for (const auto& finding : reply.findings()) {
    table.Add(
        {{finding.severity(), ToneOf(finding.severity())}, {finding.subject()}, {finding.text()}});
  }
  if (table.empty()) {
    s.console.out << "nothing is wrong\n";
  } else {
    table.Print(s.console);
  }
  return errors ? kExitFailed : kExitDone;
}

}  // namespace quayside::ctl
