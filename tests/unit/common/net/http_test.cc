#include "common/net/http.h"

#include <future>

#include <gtest/gtest.h>

#include "absl/synchronization/notification.h"
#include "common/base/status.h"
#include "tests/unit/common/net/scripted_server.h"

namespace quayside::net {
namespace {

using testing_support::ScriptedServer;

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
      Ask(client, {.url = server.url(), .total_timeout = absl::Milliseconds(500)}).status().code(),
      absl::StatusCode::kDeadlineExceeded);
}

TEST(HttpClient, TellsATimeoutOnAKeptConnectionFromAFailedConnect) {
  ScriptedServer server({Answer("first"), ""});
  HttpClient client;
  ASSERT_TRUE(Ask(client, {.url = server.url()}).ok());
  EXPECT_EQ(
      Ask(client, {.url = server.url(), .total_timeout = absl::Milliseconds(500)}).status().code(),
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
  // Both are set from the client's thread, so that neither can run in between.
  client.After(absl::ZeroDuration(), [&] {
    client.After(absl::Milliseconds(20), [&] {
      order += "b";
      done.Notify();
    });
    client.After(absl::Milliseconds(1), [&] { order += "a"; });
  });
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
