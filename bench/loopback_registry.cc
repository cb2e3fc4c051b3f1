#include "bench/loopback_registry.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/process.h"
#include "common/model/digest.h"

namespace quayside::bench {
namespace {

constexpr char kIndex[] =
    R"({"schemaVersion":2,"manifests":[{"platform":{"os":"linux","architecture":"amd64"}}]})";
constexpr int kIdleMs = 1'000;

}  // namespace

LoopbackRegistry::LoopbackRegistry() {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(listener_, 16) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    EndWith("the benchmark's registry cannot listen on loopback");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Run(); });
}

LoopbackRegistry::~LoopbackRegistry() {
  shutdown(listener_, SHUT_RDWR);
  thread_.join();
  close(listener_);
}

void LoopbackRegistry::Run() {
  while (true) {
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    Answer(client);
    close(client);
  }
}

// One request after another until the client leaves or is silent.
void LoopbackRegistry::Answer(int client) const {
  const std::string body = kIndex;
  const std::string head =
      "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.oci.image.index.v1+json\r\n"
      "Docker-Content-Digest: " +
      Sha256Digest(body) + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  std::string request;
  pollfd waits{client, POLLIN, 0};
  while (poll(&waits, 1, kIdleMs) > 0) {
    char buffer[4096];
    const ssize_t n = read(client, buffer, sizeof buffer);
    if (n <= 0) return;
    request.append(buffer, static_cast<size_t>(n));
    if (request.find("\r\n\r\n") == request.npos) continue;
    const std::string answer = request.starts_with("HEAD ") ? head : head + body;
    request.clear();
    if (send(client, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) return;
  }
}

}  // namespace quayside::bench
