// quayside-controller: assembles the controller's parts, runs the core's turns on the thread
// `core`, and ends cleanly at SIGTERM or SIGINT. `restore FILE` puts a backup in place instead.
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "absl/synchronization/mutex.h"
#include "common/base/file.h"
#include "common/base/mailbox.h"
#include "common/base/status.h"
#include "common/net/grpc_util.h"
#include "common/program/signals.h"
#include "controller/api/admin_service.h"
#include "controller/api/health_server.h"
#include "controller/core/core.h"
#include "controller/dispatch/dispatcher.h"
#include "controller/flags.h"
#include "controller/ingest/registry.h"
#include "controller/store/store.h"
#include "grpcpp/grpcpp.h"
#include "nlohmann/json.hpp"

namespace quayside::controller {
namespace {

// Requests and agents' messages that wait for the next turn. Every source is bounded by itself;
// when this is full nonetheless, callers are told so and streams end with kResourceExhausted.
constexpr size_t kMailboxCapacity = 65'536;
// /healthz: how long a turn may take before the core counts as stuck, and how often it turns at
// least.
constexpr absl::Duration kStuck = absl::Seconds(10);
constexpr absl::Duration kLongestSleep = absl::Seconds(1);
// SIGTERM ends within 10 s: so long may calls and streams take to end by themselves.
constexpr absl::Duration kDrain = absl::Seconds(5);
constexpr size_t kMaxSocketPath = 107;  // sun_path, without its NUL

// The core and its thread.
class CoreLoop {
 public:
  CoreLoop(Core& core, Mailbox<CoreEvent>& mailbox, Clock& clock)
      : core_(core), mailbox_(mailbox), clock_(clock) {}
  ~CoreLoop() { Stop(); }

  void Start() {
    turned_at_ = clock_.Now().nanos();
    thread_ = std::thread([this] { Run(); });
  }
  void Stop() {
    mailbox_.Close();
    if (thread_.joinable()) thread_.join();
  }
  // Any thread.
  bool turns() const { return clock_.Now() - MonoTime::FromNanos(turned_at_) < kStuck; }

 private:
  void Run() {
    MonoTime next = core_.Turn({});
    while (!mailbox_.closed()) {
      const MonoTime now = clock_.Now();
      turned_at_ = now.nanos();
      next = core_.Turn(mailbox_.TakeUntil(std::min(next, now + kLongestSleep)));
    }
  }

  Core& core_;
  Mailbox<CoreEvent>& mailbox_;
  Clock& clock_;
  std::atomic<int64_t> turned_at_ = 0;
  std::thread thread_;
};

// Asks for several images at once; the first error is the answer.
class ImageSet {
 public:
  ImageSet(size_t count, AdminService::Resolved done) : missing_(count), done_(std::move(done)) {}

  void Add(const std::string& image, absl::StatusOr<ResolvedImage> answer)
      ABSL_LOCKS_EXCLUDED(mutex_) {
    AdminService::Resolved done;
    absl::StatusOr<ResolvedImages> result;
    {
      absl::MutexLock lock(&mutex_);
      --missing_;
      if (answer.ok()) {
        images_.emplace(image, *std::move(answer));
      } else if (failure_.ok()) {
        failure_ = answer.status();
      }
      if (missing_ > 0) return;
      done = std::move(done_);
      if (failure_.ok()) {
        result = std::move(images_);
      } else {
        result = failure_;
      }
    }
    done(std::move(result));
  }

 private:
  absl::Mutex mutex_;
  size_t missing_ ABSL_GUARDED_BY(mutex_);
  AdminService::Resolved done_ ABSL_GUARDED_BY(mutex_);
  ResolvedImages images_ ABSL_GUARDED_BY(mutex_);
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
};

// The registry resolver as the admin service wants it. Closing it answers what is still open, so
// that the server can shut down. Any thread.
class Images {
 public:
  explicit Images(std::vector<std::string> insecure)
      : resolver_(std::make_unique<RegistryResolver>(std::move(insecure))) {}

  void Resolve(const std::set<std::string>& images, AdminService::Resolved done)
      ABSL_LOCKS_EXCLUDED(mutex_) {
    if (images.empty()) return done(ResolvedImages());
    auto set = std::make_shared<ImageSet>(images.size(), std::move(done));
    absl::MutexLock lock(&mutex_);
    if (resolver_ == nullptr) return;  // dropping `done` answers the caller
    for (const std::string& image : images) {
      resolver_->Resolve(image, [set, image](absl::StatusOr<ResolvedImage> answer) {
        set->Add(image, std::move(answer));
      });
    }
  }
  void Close() ABSL_LOCKS_EXCLUDED(mutex_) {
    std::unique_ptr<RegistryResolver> resolver;  // destroyed without the lock: it joins its thread
    {
      absl::MutexLock lock(&mutex_);
      resolver = std::move(resolver_);
    }
  }

 private:
  absl::Mutex mutex_;
  std::unique_ptr<RegistryResolver> resolver_ ABSL_GUARDED_BY(mutex_);
};

// Who can open ctl.sock: its owner, who is us.
std::string OwnerName() {
  const uid_t uid = geteuid();
  const passwd* entry = getpwuid(uid);  // before any thread starts
  const std::string name = entry != nullptr ? entry->pw_name : "unknown";
  return name + " (uid " + std::to_string(uid) + ")";
}

absl::StatusOr<std::string> PrepareDataDir(const std::string& path) {
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error).lexically_normal();
  if (!error) std::filesystem::create_directories(absolute.parent_path(), error);
  if (error) return PermissionDenied("cannot make its directory: " + error.message());
  const std::string data_dir = absolute.string();
  if (mkdir(data_dir.c_str(), 0700) != 0 && errno != EEXIST) {
    return PermissionDenied("cannot make it: " + std::generic_category().message(errno));
  }
  // It holds everything that the fleet trusts.
  if (chmod(data_dir.c_str(), 0700) != 0) {
    return PermissionDenied("cannot make it private (mode 0700): " +
                            std::generic_category().message(errno));
  }
  return data_dir;
}

std::string DatabasePath(const std::string& data_dir) { return data_dir + "/quayside.db"; }

// The gRPC server with its two listeners.
struct Listening {
  std::unique_ptr<grpc::Server> server;
  net::HostPort grpc;
};

absl::StatusOr<Listening> Listen(const Flags& flags, const std::string& socket_path,
                                 Dispatcher& dispatcher, AdminService& admin) {
  if (socket_path.size() > kMaxSocketPath) {
    return InvalidArgument("the path of its ctl.sock is longer than 107 bytes; use a shorter one");
  }
  unlink(socket_path.c_str());  // of a controller before us: the database's lock says it is gone
  Listening listening{.grpc = flags.grpc};
  int port = 0;
  grpc::ServerBuilder builder;
  net::SetServerArguments(builder);
  builder.AddListeningPort(net::ToString(flags.grpc), grpc::InsecureServerCredentials(), &port);
  builder.AddListeningPort("unix:" + socket_path, grpc::InsecureServerCredentials());
  builder.RegisterService(dispatcher.service());
  builder.RegisterService(&admin);
  const mode_t before = umask(0177);  // the socket is its owner's alone from its first instant
  listening.server = builder.BuildAndStart();
  umask(before);
  if (listening.server == nullptr || port == 0) {
    return Unavailable("cannot listen on " + net::ToString(flags.grpc) +
                       "; is another program using that address? --listen names another");
  }
  listening.grpc.port = static_cast<uint16_t>(port);
  return listening;
}

absl::Status WriteEndpoints(FileStore& files, const std::string& socket_path,
                            const net::HostPort& grpc, const net::HostPort& https) {
  const nlohmann::json context = {{"name", "local"}, {"socket", socket_path}};
  const nlohmann::json endpoints = {{"grpc", net::ToString(grpc)}, {"https", net::ToString(https)}};
  QS_RETURN_IF_ERROR(files.Write("admin.context", context.dump() + "\n"));
  return files.Write("endpoints.json", endpoints.dump() + "\n");
}

absl::Status Serve(Flags flags, const std::string& data_dir) {
  const program::EndSignals signals;
  // Debian builds abseil so that each lock, gRPC's too, is checked for deadlock cycles: a twentieth
  // of the controller's time with a large fleet (measured). The tests keep it.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  net::RouteGrpcLog();
  ConfigureLog(flags.log_format, flags.log_level);
  flags.core.temporary_directory = data_dir;

  SystemClock clock;
  SystemRandom random;
  QS_ASSIGN_OR_RETURN(DiskFileStore files, DiskFileStore::Open(data_dir));
  QS_ASSIGN_OR_RETURN(const std::unique_ptr<Store> store, Store::Open(DatabasePath(data_dir)));

  // Destroyed in the reverse order: what submits goes before what is submitted to.
  Mailbox<CoreEvent> mailbox(clock, kMailboxCapacity);
  const auto submit = [&mailbox](CoreEvent event) { return mailbox.Offer(std::move(event)); };
  Dispatcher dispatcher({.max_sessions = static_cast<size_t>(flags.core.max_hosts)}, clock, submit);
  Core core(flags.core, clock, random, *store, dispatcher);
  QS_RETURN_IF_ERROR(core.Start());
  Images images(flags.insecure_registries);
  AdminService admin({.by = OwnerName()}, submit,
                     [&images](std::set<std::string> names, AdminService::Resolved done) {
                       images.Resolve(names, std::move(done));
                     });
  CoreLoop loop(core, mailbox, clock);
  loop.Start();

  const std::string socket_path = data_dir + "/ctl.sock";
  QS_ASSIGN_OR_RETURN(Listening listening, Listen(flags, socket_path, dispatcher, admin));
  auto stop = [&] {
    dispatcher.GoAway("the controller is stopping", absl::Seconds(1), absl::Seconds(5));
    admin.EndStreams();
    images.Close();
    listening.server->Shutdown(absl::ToChronoTime(clock.Wall() + kDrain));
    listening.server->Wait();
    loop.Stop();
  };
  absl::StatusOr<std::unique_ptr<HealthServer>> health =
      HealthServer::Start(flags.https.host, flags.https.port, [&loop] { return loop.turns(); });
  absl::Status status = health.status();
  net::HostPort https = flags.https;
  if (status.ok()) {
    https.port = (*health)->port();
    status = WriteEndpoints(files, socket_path, listening.grpc, https);
  }
  if (!status.ok()) {
    stop();
    return status;
  }
  std::printf("ready grpc=%s https=%s\n", net::ToString(listening.grpc).c_str(),
              net::ToString(https).c_str());
  std::fflush(stdout);
  Log(LogLevel::kInfo, "controller_started",
      {{"grpc", net::ToString(listening.grpc)}, {"https", net::ToString(https)}});

  const program::EndSignal received = signals.Wait();
  Log(LogLevel::kInfo, "controller_stopping",
      {{"code", received.signal}, {"sender", received.sender}});
  stop();
  return absl::OkStatus();
}

absl::Status Restore(const Flags& flags, const std::string& data_dir) {
  SystemClock clock;
  SystemRandom random;
  QS_RETURN_IF_ERROR(RestoreDatabase(flags.restore_file, DatabasePath(data_dir),
                                     StoreEpoch(random.Base32(26)), clock.Wall()));
  std::printf(
      "restored %s to %s; start the controller, then `ctl recovery status` shows what waits for "
      "you\n",
      flags.restore_file.c_str(), data_dir.c_str());
  return absl::OkStatus();
}

int Main(int argc, const char* const* argv) {
  const absl::StatusOr<Flags> flags = ParseFlags(argc, argv);
  if (!flags.ok()) {
    std::fprintf(stderr, "%s\n", Message(flags.status()).c_str());
    return 2;
  }
  if (!flags->print.empty()) {
    std::fputs(flags->print.c_str(), stdout);
    return 0;
  }
  const bool restoring = !flags->restore_file.empty();
  const absl::StatusOr<std::string> data_dir = PrepareDataDir(flags->data_dir);
  absl::Status status = data_dir.status();
  if (status.ok()) status = restoring ? Restore(*flags, *data_dir) : Serve(*flags, *data_dir);
  if (status.ok()) return 0;
  std::fprintf(stderr, "quayside-controller cannot %s %s: %s\n",
               restoring ? "restore to" : "start on", flags->data_dir.c_str(),
               Message(status).c_str());
  return absl::IsInvalidArgument(status) ? 2 : 1;
}

}  // namespace
}  // namespace quayside::controller

int main(int argc, char** argv) { return quayside::controller::Main(argc, argv); }
