// A registry on loopback that has every repository and tag, all of them one image for linux/amd64:
// what the controller asks for when an app is applied. One client at a time.
#pragma once

#include <string>
#include <thread>

namespace quayside::bench {

class LoopbackRegistry {
 public:
  LoopbackRegistry();  // ends the benchmark when it cannot listen
  ~LoopbackRegistry();
  std::string host() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  void Run();
  void Answer(int client) const;

  int listener_ = -1;
  int port_ = 0;
  std::thread thread_;
};

}  // namespace quayside::bench
