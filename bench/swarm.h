// Docker Swarm on the engines of a bed, to measure beside: the first engine is the manager, the
// others join as workers. Services publish in host mode and have no networks of Swarm's own (their
// containers are on the default bridge), so nothing needs IPVS. A failed call ends the program.
#pragma once

#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/net/http.h"

namespace quayside::bench {

class Swarm {
 public:
  struct Service {
    std::string name;
    std::string image;
    int replicas = 1;
    int parallelism = 1;  // 0 = all at once
    bool start_first = true;
    uint32_t host_port = 0;   // 0 = the engine chooses one
    bool on_manager = false;  // all replicas on the first engine
  };

  explicit Swarm(std::vector<std::string> engine_urls);
  ~Swarm();
  Swarm(const Swarm&) = delete;
  Swarm& operator=(const Swarm&) = delete;

  // Returns when all replicas run.
  void Create(const Service& service);
  // Begins an update to another image; returns when it is accepted.
  void Update(const std::string& service, const std::string& image);
  // Waits until the last update is told as completed.
  void WaitCompleted(const std::string& service);
  void Remove(const std::string& service);

 private:
  std::string Call(size_t engine, const std::string& method, const std::string& path,
                   const std::string& body = "");
  int Running(const std::string& service);

  net::HttpClient http_;
  SystemClock clock_;
  const std::vector<std::string> engine_urls_;
  std::string manager_node_;
};

}  // namespace quayside::bench
