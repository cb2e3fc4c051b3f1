// HealthServer answers GET /healthz over plain HTTP: 200 while the core turns, 503 when it does
// not. Everything else is 404; this port gets TLS, joining and the dashboard together with
// certificates. One thread, `http`. Limits: 64 connections, a header of 8 KiB, no body, 10 s per
// request; one request per connection.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace quayside::controller {

class HealthServer {
 public:
  // Listens on host (an IP address) and port (0 = a free one). `healthy` is asked on the server's
  // thread and must not block. kUnavailable when it cannot listen there.
  static absl::StatusOr<std::unique_ptr<HealthServer>> Start(const std::string& host, uint16_t port,
                                                             std::function<bool()> healthy);
  // Closes all connections and ends the thread.
  ~HealthServer();

  uint16_t port() const;

 private:
  struct Impl;
  explicit HealthServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace quayside::controller
