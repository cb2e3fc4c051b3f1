#include "controller/api/health_server.h"

#include <chrono>
#include <thread>
#include <utility>  // before asio: its headers of Boost 1.74 forget it

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "common/base/log.h"
#include "common/base/status.h"
#include "common/net/address.h"

namespace quayside::controller {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Tcp = asio::ip::tcp;

constexpr int kMaxConnections = 64;
constexpr uint32_t kMaxHeaderBytes = 8 << 10;
constexpr std::chrono::seconds kTimeout(10);
constexpr std::chrono::milliseconds kAcceptRetry(100);

// One connection, one request. Lives in its own callbacks.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Tcp::socket socket, const std::function<bool()>& healthy, int* open)
      : stream_(std::move(socket)), healthy_(healthy), open_(open) {
    ++*open_;
    parser_.header_limit(kMaxHeaderBytes);
    parser_.body_limit(0);
  }
  ~Connection() { --*open_; }

  void Run() {
    stream_.expires_after(kTimeout);
    http::async_read(stream_, buffer_, parser_,
                     [self = shared_from_this()](beast::error_code error, size_t) {
                       if (!error) self->Answer();
                     });
  }

 private:
  void Answer() {
    const auto& request = parser_.get();
    response_.version(request.version());
    response_.keep_alive(false);
    response_.set(http::field::content_type, "text/plain");
    if (request.target() != "/healthz") {
      response_.result(http::status::not_found);
      response_.body() = "Only /healthz is here.\n";
    } else if (request.method() != http::verb::get && request.method() != http::verb::head) {
      response_.result(http::status::method_not_allowed);
      response_.body() = "GET only.\n";
    } else if (healthy_()) {
      response_.result(http::status::ok);
      response_.body() = "ok\n";
    } else {
      response_.result(http::status::service_unavailable);
      response_.body() = "The controller's core does not turn.\n";
    }
    response_.prepare_payload();
    if (request.method() == http::verb::head) response_.body().clear();
    stream_.expires_after(kTimeout);
    http::async_write(stream_, response_,
                      [self = shared_from_this()](beast::error_code, size_t) { self->Close(); });
  }

  void Close() {
    beast::error_code ignored;  // the peer may be gone already
    stream_.socket().shutdown(Tcp::socket::shutdown_send, ignored);
  }

  beast::tcp_stream stream_;
  beast::flat_buffer buffer_{kMaxHeaderBytes};
  http::request_parser<http::empty_body> parser_;
  http::response<http::string_body> response_;
  const std::function<bool()>& healthy_;
  int* open_;
};

}  // namespace

struct HealthServer::Impl {
  Impl(std::function<bool()> is_healthy) : healthy(std::move(is_healthy)), acceptor(context) {}

  absl::Status Listen(const std::string& host, uint16_t port) {
    beast::error_code error;
    const auto address = asio::ip::make_address(host, error);
    const Tcp::endpoint endpoint(address, port);
    if (!error) acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (!error) return absl::OkStatus();
    return Unavailable("cannot listen on " + net::ToString({host, port}) + ": " + error.message());
  }

  void Accept() {
    acceptor.async_accept([this](beast::error_code error, Tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      // One too many is closed at once, by leaving this scope.
      if (!error && open < kMaxConnections) {
        std::make_shared<Connection>(std::move(socket), healthy, &open)->Run();
      }
      if (!error) {
        Accept();
        return;
      }
      // No descriptors left, most likely: try again soon, not in a loop.
      retry.expires_after(kAcceptRetry);
      retry.async_wait([this](beast::error_code stopped) {
        if (!stopped) Accept();
      });
    });
  }

  const std::function<bool()> healthy;
  int open = 0;  // connections; the http thread's. Before the context, whose handlers count it down
  asio::io_context context{1};
  Tcp::acceptor acceptor;
  asio::steady_timer retry{context};
  std::thread thread;
};

HealthServer::HealthServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

absl::StatusOr<std::unique_ptr<HealthServer>> HealthServer::Start(const std::string& host,
                                                                  uint16_t port,
                                                                  std::function<bool()> healthy) {
  auto impl = std::make_unique<Impl>(std::move(healthy));
  QS_RETURN_IF_ERROR(impl->Listen(host, port));
  impl->Accept();
  impl->thread = std::thread([context = &impl->context] {
    try {
      context->run();
    } catch (const std::exception& error) {
      Log(LogLevel::kError, "http_thread_ended", {{"error", error.what()}});
    }
  });
  return std::unique_ptr<HealthServer>(new HealthServer(std::move(impl)));
}

HealthServer::~HealthServer() {
  impl_->context.stop();
  impl_->thread.join();
}

uint16_t HealthServer::port() const {
  beast::error_code ignored;
  return impl_->acceptor.local_endpoint(ignored).port();
}

}  // namespace quayside::controller
