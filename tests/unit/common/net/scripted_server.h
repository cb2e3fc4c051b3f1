// A server for tests: one connection at a time, reads each request, then
// writes the next scripted answer. An empty answer is never written (the client waits until it
// gives up). A connection ends after an answer that has no Content-Length. On a free loopback port,
// or on a unix socket.
#pragma once

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "absl/synchronization/mutex.h"

namespace quayside::testing_support {

class ScriptedServer {
 public:
  // `path` "" = TCP on a free loopback port, else a unix socket.
  explicit ScriptedServer(std::vector<std::string> answers, std::string path = "")
      : answers_(std::move(answers)), path_(std::move(path)) {
    if (path_.empty()) {
      socket_ = socket(AF_INET, SOCK_STREAM, 0);
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
      socklen_t size = sizeof(address);
      getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
      port_ = ntohs(address.sin_port);
    } else {
      socket_ = socket(AF_UNIX, SOCK_STREAM, 0);
      sockaddr_un address{};
      address.sun_family = AF_UNIX;
      path_.copy(address.sun_path, sizeof(address.sun_path) - 1);
      EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    }
    EXPECT_EQ(listen(socket_, 8), 0);
    thread_ = std::thread([this] { Run(); });
  }
  ~ScriptedServer() {
    shutdown(socket_, SHUT_RDWR);
    {
      // A client that keeps its connection would keep the thread reading.
      absl::MutexLock lock(&mutex_);
      if (client_ >= 0) shutdown(client_, SHUT_RDWR);
      ending_ = true;
    }
    thread_.join();
    close(socket_);
    if (!path_.empty()) unlink(path_.c_str());
  }

  int port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  // Valid once the client has its answers.
  const std::vector<std::string>& requests() const { return requests_; }
  int connections() const { return connections_; }

 private:
  // Headers, and as much body as they announce.
  static bool IsWhole(const std::string& request) {
    constexpr char kLength[] = "Content-Length: ";
    const size_t end = request.find("\r\n\r\n");
    if (end == request.npos) return false;
    const size_t length = request.find(kLength);
    if (length == request.npos || length > end) return true;
    return request.size() >= end + 4 + std::stoul(request.substr(length + sizeof(kLength) - 1));
  }

  void Run() {
    size_t next = 0;
    for (;;) {
      const int client = accept(socket_, nullptr, nullptr);
      if (client < 0) return;
      ++connections_;
      {
        absl::MutexLock lock(&mutex_);
        if (ending_) shutdown(client, SHUT_RDWR);
        client_ = client;
      }
      std::string received;
      char buffer[4096];
      ssize_t n;
      while ((n = read(client, buffer, sizeof(buffer))) > 0) {
        received.append(buffer, static_cast<size_t>(n));
        if (!IsWhole(received) || next == answers_.size()) continue;
        requests_.push_back(std::exchange(received, ""));
        const std::string& answer = answers_[next++];
        // A client that has read enough leaves in the middle: then the rest is not sent.
        send(client, answer.data(), answer.size(), MSG_NOSIGNAL);
        if (answer.find("Content-Length") == answer.npos && !answer.empty()) break;
      }
      absl::MutexLock lock(&mutex_);
      client_ = -1;
      close(client);
    }
  }

  std::vector<std::string> answers_;
  std::string path_;
  int socket_ = -1;
  int port_ = 0;
  std::thread thread_;
  std::vector<std::string> requests_;
  int connections_ = 0;
  absl::Mutex mutex_;
  int client_ = -1;  // the open connection
  bool ending_ = false;
};

}  // namespace quayside::testing_support
