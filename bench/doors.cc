// Doors: what stands between the agent and the things it asks, to note when it asks.
#include <algorithm>
#include <cstdio>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "bench/rig.h"

namespace quayside::bench {
namespace {

constexpr size_t kMaxExchanges = 10'000;

MonoTime Now() {
  static SystemClock clock;
  return clock.Now();
}

std::string SocketPath(const std::string& url) {
  const std::string scheme = "unix://";
  return url.starts_with(scheme) ? url.substr(scheme.size()) : url;
}

sockaddr_un Address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) Fail("The socket path " + path + " is too long");
  path.copy(address.sun_path, path.size());
  return address;
}

bool BeginsRequest(std::string_view bytes) {
  for (const std::string_view method : {"GET /", "POST /", "DELETE /", "HEAD /", "PUT /"}) {
    if (bytes.starts_with(method)) return true;
  }
  return false;
}

}  // namespace

// ---- Door ----

Door::Door(const std::string& engine_url, const std::string& path)
    : engine_path_(SocketPath(engine_url)), path_(path) {
  unlink(path_.c_str());
  listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = Address(path_);
  if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener_, 64) != 0) {
    Fail("Cannot listen on " + path_);
  }
  acceptor_ = std::thread([this] { Run(); });
}

Door::~Door() {
  stopping_ = true;
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  close(listener_);
  unlink(path_.c_str());
}

void Door::Run() {
  while (!stopping_) {
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    // Ends with its connection; the door outlives the agent, which is ended first.
    std::thread([this, client] { Pump(client); }).detach();
  }
}

void Door::Pump(int client) {
  const int engine = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = Address(engine_path_);
  if (connect(engine, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    pollfd ends[] = {{client, POLLIN, 0}, {engine, POLLIN, 0}};
    char buffer[1 << 16];
    int64_t number = -1;
    for (bool open = true; open;) {
      if (poll(ends, 2, -1) < 0) break;
      for (int i = 0; i < 2 && open; ++i) {
        if ((ends[i].revents & (POLLIN | POLLHUP | POLLERR)) == 0) continue;
        const ssize_t n = read(ends[i].fd, buffer, sizeof buffer);
        const std::string_view bytes(buffer, n > 0 ? static_cast<size_t>(n) : 0);
        if (i == 0 && BeginsRequest(bytes)) number = NoteAsked(bytes);
        if (i == 1 && n > 0) NoteAnswered(number);
        open = n > 0 && write(ends[1 - i].fd, buffer, static_cast<size_t>(n)) == n;
      }
    }
  }
  close(client);
  close(engine);
}

int64_t Door::NoteAsked(std::string_view bytes) {
  const MonoTime now = Now();
  const absl::MutexLock lock(&mutex_);
  const std::string line(bytes.substr(0, bytes.find(" HTTP/")));
  exchanges_.push_back({.asked = now, .answered = MonoTime::Never(), .line = line});
  if (exchanges_.size() > kMaxExchanges) {
    exchanges_.pop_front();
    ++first_number_;
  }
  return first_number_ + static_cast<int64_t>(exchanges_.size()) - 1;
}

void Door::NoteAnswered(int64_t number) {
  const MonoTime now = Now();
  const absl::MutexLock lock(&mutex_);
  if (number < first_number_) return;
  Exchange& exchange = exchanges_[static_cast<size_t>(number - first_number_)];
  if (exchange.answered.is_never()) exchange.answered = now;
}

std::vector<Door::Exchange> Door::Since(MonoTime since) {
  const absl::MutexLock lock(&mutex_);
  std::vector<Exchange> found;
  for (const Exchange& exchange : exchanges_) {
    if (exchange.asked >= since) found.push_back(exchange);
  }
  return found;
}

MonoTime Door::FirstAsked(MonoTime since, const std::string& part) {
  for (const Exchange& exchange : Since(since)) {
    if (exchange.line.find(part) != std::string::npos) return exchange.asked;
  }
  return MonoTime::Never();
}

void Door::PrintTrace(MonoTime since) {
  for (const Exchange& exchange : Since(since)) {
    const std::string took =
        exchange.answered.is_never()
            ? "open"
            : std::to_string(absl::ToDoubleMilliseconds(exchange.answered - exchange.asked));
    std::printf("  at %9.2f  took %12s  %s\n", absl::ToDoubleMilliseconds(exchange.asked - since),
                took.c_str(), exchange.line.substr(0, 120).c_str());
  }
}

// ---- ProbeDoor ----

ProbeDoor::ProbeDoor() {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener_, generic, size) != 0 || listen(listener_, 64) != 0 ||
      getsockname(listener_, generic, &size) != 0) {
    Fail("Cannot listen on loopback for probes");
  }
  port_ = ntohs(address.sin_port);
  Close();
  thread_ = std::thread([this] { Run(); });
}

ProbeDoor::~ProbeDoor() {
  stopping_ = true;
  shutdown(listener_, SHUT_RDWR);
  thread_.join();
  close(listener_);
}

void ProbeDoor::Close() {
  open_ = false;
  asked_ = 0;
  first_pass_ = MonoTime::Never().nanos();
}

void ProbeDoor::Run() {
  while (!stopping_) {
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    char buffer[4096];
    if (read(client, buffer, sizeof buffer) > 0) {
      const bool open = open_;
      ++asked_;
      const std::string_view answer =
          open ? "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
               : "HTTP/1.1 503 Not yet\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
      int64_t never = MonoTime::Never().nanos();
      if (open) first_pass_.compare_exchange_strong(never, Now().nanos());
      // Who has gone asks again.
      [[maybe_unused]] const ssize_t n = write(client, answer.data(), answer.size());
    }
    close(client);
  }
}

}  // namespace quayside::bench
