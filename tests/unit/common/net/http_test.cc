#include "common/net/http.h"

#include <future>
#include <thread>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "absl/synchronization/notification.h"
#include "common/base/status.h"

namespace quayside::net {
namespace {

// A server for one connection at a time: reads each request up to its blank line, then writes the
// scripted answer. An empty answer is never written (it hangs until the client leaves).
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
    thread_.join();
    close(socket_);
    if (!path_.empty()) unlink(path_.c_str());
  }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  // Valid once the client has its answers.
  const std::vector<std::string>& requests() const { return requests_; }
  int connections() const { return connections_; }

 private:
  void Run() {
    size_t next = 0;
    for (;;) {
      const int client = accept(socket_, nullptr, nullptr);
      if (client < 0) return;
      ++connections_;
      std::string received;
      char buffer[4096];
      ssize_t n;
      while ((n = read(client, buffer, sizeof(buffer))) > 0) {
        received.append(buffer, static_cast<size_t>(n));
        if (received.find("\r\n\r\n") == received.npos || next == answers_.size()) continue;
        requests_.push_back(std::exchange(received, ""));
        const std::string& answer = answers_[next++];
        if (!answer.empty()) {
          EXPECT_GT(write(client, answer.data(), answer.size()), 0);
        }
        if (answer.find("Content-Length") == answer.npos && !answer.empty()) break;
      }
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
};

absl::StatusOr<HttpResponse> Ask(HttpClient& client, HttpRequest request) {
  std::promise<absl::StatusOr<HttpResponse>> promise;
  auto future = promise.get_future();
  client.Send(std::move(request), [&promise](absl::StatusOr<HttpResponse> response) {
    promise.set_value(std::move(response));
  });
  return future.get();
}

std::string Answer(const std::string& body, const std::string& headers = "") {
  return "HTTP/1.1 200 OK\r\n" + headers + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

TEST(HttpClient, GivesStatusLowerCaseHeadersAndBody) {
  ScriptedServer server(
      {"HTTP/1.1 404 Not Found\r\nX-Name:  Value \r\nContent-Length: 4\r\n\r\nbody"});
  HttpClient client;
  const auto response = Ask(client, {.url = server.url() + "/path"});
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->status, 404);
  EXPECT_EQ(response->headers.at("x-name"), "Value");
  EXPECT_EQ(response->body, "body");
}

TEST(HttpClient, KeepsTheConnectionOverAUnixSocket) {
  ScriptedServer server({Answer("one"), Answer("two")}, testing::TempDir() + "quayside-http.sock");
  HttpClient client;
  const std::string path = testing::TempDir() + "quayside-http.sock";
  EXPECT_EQ(Ask(client, {.url = "http://engine/a", .unix_socket = path})->body, "one");
  EXPECT_EQ(Ask(client, {.method = "POST",
                         .url = "http://engine/b",
                         .unix_socket = path,
                         .headers = {{"Content-Type", "application/json"}},
                         .body = ""})
                ->body,
            "two");
  EXPECT_EQ(server.connections(), 1);
  EXPECT_NE(server.requests()[1].find("POST /b HTTP/1.1"), std::string::npos);
  EXPECT_NE(server.requests()[1].find("Content-Type: application/json"), std::string::npos);
}

TEST(HttpClient, StreamsTheBodyAfterItsHeaders) {
  ScriptedServer server({Answer("streamed", "X-A: b\r\n")});
  HttpClient client;
  std::string told, body;
  const auto response =
      Ask(client, {.url = server.url(),
                   .on_headers = [&](const HttpResponse& r) { told = r.headers.at("x-a"); },
                   .on_body =
                       [&](std::string_view piece) {
                         EXPECT_EQ(told, "b");
                         body += piece;
                         return true;
                       }});
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(body, "streamed");
  EXPECT_EQ(response->body, "");
}

TEST(HttpClient, RefusesAnAnswerThatIsTooLarge) {
  ScriptedServer server({Answer("12345"), Answer("123456")});
  HttpClient client;
  EXPECT_TRUE(Ask(client, {.url = server.url(), .max_response_bytes = 5}).ok());
  EXPECT_EQ(Ask(client, {.url = server.url(), .max_response_bytes = 5}).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(HttpClient, SaysWhenNothingListens) {
  HttpClient client;
  const auto response =
      Ask(client, {.url = "http://engine/x", .unix_socket = "/nonexistent/docker.sock"});
  EXPECT_EQ(response.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(Message(response.status()).find("/nonexistent/docker.sock"), std::string::npos);
}

TEST(HttpClient, GivesUpAfterTheTotalTimeout) {
  ScriptedServer server({""});
  HttpClient client;
  EXPECT_EQ(
      Ask(client, {.url = server.url(), .total_timeout = absl::Milliseconds(50)}).status().code(),
      absl::StatusCode::kDeadlineExceeded);
}

TEST(HttpClient, TellsATimeoutOnAKeptConnectionFromAFailedConnect) {
  ScriptedServer server({Answer("first"), ""});
  HttpClient client;
  ASSERT_TRUE(Ask(client, {.url = server.url()}).ok());
  EXPECT_EQ(
      Ask(client, {.url = server.url(), .total_timeout = absl::Milliseconds(50)}).status().code(),
      absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpClient, GivesUpAStreamThatStalls) {
  ScriptedServer server({"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nstart"});
  HttpClient client;
  EXPECT_EQ(Ask(client, {.url = server.url(),
                         .total_timeout = absl::InfiniteDuration(),
                         .stall_timeout = absl::Seconds(1)})
                .status()
                .code(),
            absl::StatusCode::kDeadlineExceeded);
}

TEST(HttpClient, ReportsAnAnswerThatBreaksOff) {
  ScriptedServer server({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc"});
  HttpClient client;
  EXPECT_EQ(Ask(client, {.url = server.url()}).status().code(), absl::StatusCode::kUnavailable);
}

TEST(HttpClient, CancelsARequestInFlight) {
  ScriptedServer server({""});
  HttpClient client;
  std::promise<absl::Status> promise;
  const auto id = client.Send(
      {.url = server.url()},
      [&promise](absl::StatusOr<HttpResponse> response) { promise.set_value(response.status()); });
  client.Cancel(id);
  EXPECT_EQ(promise.get_future().get().code(), absl::StatusCode::kCancelled);
}

TEST(HttpClient, ConnectOnlyTellsWhetherAPortAccepts) {
  ScriptedServer server({});
  HttpClient client;
  EXPECT_TRUE(Ask(client, {.url = server.url(), .connect_only = true}).ok());
  EXPECT_FALSE(Ask(client, {.url = "http://127.0.0.1:1", .connect_only = true}).ok());
}

TEST(HttpClient, DoesNotFollowRedirects) {
  ScriptedServer server({"HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n"});
  HttpClient client;
  EXPECT_EQ(Ask(client, {.url = server.url()})->status, 302);
}

TEST(HttpClient, RefusesMoreRequestsThanItsLimit) {
  ScriptedServer server({""});
  HttpClient client;
  constexpr size_t kLimit = HttpClient::kMaxActiveRequests + HttpClient::kMaxWaitingRequests;
  std::promise<absl::Status> refused;
  for (size_t i = 0; i < kLimit; ++i) client.Send({.url = server.url()}, [](auto) {});
  client.Send({.url = server.url()}, [&refused](absl::StatusOr<HttpResponse> response) {
    refused.set_value(response.status());
  });
  EXPECT_EQ(refused.get_future().get().code(), absl::StatusCode::kResourceExhausted);
}

TEST(HttpClient, RunsTimersInOrder) {
  HttpClient client;
  std::string order;
  absl::Notification done;
  client.After(absl::Milliseconds(20), [&] {
    order += "b";
    done.Notify();
  });
  client.After(absl::Milliseconds(1), [&] { order += "a"; });
  done.WaitForNotification();
  EXPECT_EQ(order, "ab");
}

TEST(HttpClient, DropsCallbacksWhenItEnds) {
  ScriptedServer server({""});
  bool called = false;
  {
    HttpClient client;
    client.Send({.url = server.url()}, [&called](auto) { called = true; });
    client.After(absl::Hours(1), [&called] { called = true; });
  }
  EXPECT_FALSE(called);
}

TEST(UrlEscape, EscapesAllButUnreservedCharacters) {
  EXPECT_EQ(UrlEscape("aZ9-_.~"), "aZ9-_.~");
  EXPECT_EQ(UrlEscape("{\"a b\":/}"), "%7B%22a%20b%22%3A%2F%7D");
}

}  // namespace
}  // namespace quayside::net
