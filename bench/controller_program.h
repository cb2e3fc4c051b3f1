// The real controller as a child of a benchmark, in a data directory of its own, with the calls of
// `ctl` that a benchmark makes. A call that fails ends the benchmark. One thread, but for Restart.
#pragma once

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "bench/process.h"
#include "common/base/clock.h"
#include "common/model/spec.h"
#include "quayside/v1/admin.grpc.pb.h"

namespace quayside::bench {

class ControllerProgram {
 public:
  // `registry`: HOST:PORT that may be asked over plain HTTP.
  ControllerProgram(std::string directory, std::string registry);

  // Returns when it has said that it is ready; the second start takes the port of the first.
  void Start();
  // SIGKILL; its database stays as it is.
  void Kill() { process_->Kill(); }
  void Stop() { process_->Stop(); }
  Process& process() { return *process_; }

  const std::string& address() const { return address_; }  // HOST:PORT for agents
  std::string database() const { return directory_ + "/data/quayside.db"; }

  // Both return the new revision once it is committed.
  int64_t Apply(const AppSpec& spec);
  int64_t Restart(const std::string& app);  // any thread
  // Waits, as `ctl apply` does, until the rollout to this revision has succeeded; returns when.
  MonoTime WaitSucceeded(const std::string& app, int64_t revision);
  // How many hosts are in this state (`ready`, `away`, …).
  int CountHosts(const std::string& state);
  // Waits until the event came to a watcher, of those after `after`; returns when.
  MonoTime WaitEvent(const std::string& host, const std::string& kind, int64_t after);
  int64_t LastEvent(const std::string& host);

 private:
  const std::string directory_, registry_;
  std::string address_ = "127.0.0.1:0";
  std::unique_ptr<Process> process_;
  std::unique_ptr<v1::AdminService::Stub> admin_;
};

}  // namespace quayside::bench
