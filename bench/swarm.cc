#include "bench/swarm.h"

#include <future>
#include <utility>

#include "absl/time/clock.h"
#include "bench/rig.h"
#include "common/base/status.h"
#include "nlohmann/json.hpp"

namespace quayside::bench {
namespace {

using Json = nlohmann::json;

constexpr absl::Duration kPatience = absl::Minutes(3);
constexpr absl::Duration kLook = absl::Milliseconds(50);
constexpr int64_t kNanosPerMilli = 1'000'000;

std::string SocketPath(const std::string& url) {
  const std::string scheme = "unix://";
  return url.starts_with(scheme) ? url.substr(scheme.size()) : url;
}

}  // namespace

Swarm::Swarm(std::vector<std::string> engine_urls) : engine_urls_(std::move(engine_urls)) {
  // Every engine has a network namespace of its own, so all use the same port.
  const Json manager = {{"ListenAddr", "0.0.0.0:2377"},
                        {"AdvertiseAddr", "eth0"},
                        {"Spec", {{"Orchestration", {{"TaskHistoryRetentionLimit", 1}}}}}};
  Call(0, "POST", "/swarm/init", manager.dump());
  const Json facts = Json::parse(Call(0, "GET", "/info"));
  manager_node_ = facts["Swarm"]["NodeID"];
  const std::string address = facts["Swarm"]["NodeAddr"];
  const Json swarm = Json::parse(Call(0, "GET", "/swarm"));
  const Json worker = {{"ListenAddr", "0.0.0.0:2377"},
                       {"AdvertiseAddr", "eth0"},
                       {"RemoteAddrs", {address + ":2377"}},
                       {"JoinToken", swarm["JoinTokens"]["Worker"]}};
  for (size_t i = 1; i < engine_urls_.size(); ++i) Call(i, "POST", "/swarm/join", worker.dump());
}

Swarm::~Swarm() {
  for (size_t i = engine_urls_.size(); i-- > 0;) Call(i, "POST", "/swarm/leave?force=1");
}

std::string Swarm::Call(size_t engine, const std::string& method, const std::string& path,
                        const std::string& body) {
  net::HttpRequest request{.method = method,
                           .url = "http://engine/v1.41" + path,
                           .unix_socket = SocketPath(engine_urls_[engine]),
                           .headers = {{"Content-Type", "application/json"}},
                           .body = body};
  std::promise<absl::StatusOr<net::HttpResponse>> answered;
  http_.Send(std::move(request), [&](absl::StatusOr<net::HttpResponse> answer) {
    answered.set_value(std::move(answer));
  });
  absl::StatusOr<net::HttpResponse> answer = answered.get_future().get();
  if (!answer.ok()) Fail("Swarm: " + path + ": " + Message(answer.status()));
  if (answer->status >= 300) Fail("Swarm: " + path + ": " + answer->body);
  return std::move(answer->body);
}

void Swarm::Create(const Service& service) {
  Json port = {{"Protocol", "tcp"}, {"TargetPort", 8080}, {"PublishMode", "host"}};
  if (service.host_port != 0) port["PublishedPort"] = service.host_port;
  Json task = {
      {"ContainerSpec", {{"Image", service.image}, {"StopGracePeriod", 5'000 * kNanosPerMilli}}}};
  if (service.on_manager) {
    task["Placement"] = {{"Constraints", {"node.id==" + manager_node_}}};
  }
  const Json spec = {{"Name", service.name},
                     {"TaskTemplate", task},
                     {"Mode", {{"Replicated", {{"Replicas", service.replicas}}}}},
                     // Monitor 0 means "unset", which is 5 s.
                     {"UpdateConfig",
                      {{"Parallelism", service.parallelism},
                       {"Order", service.start_first ? "start-first" : "stop-first"},
                       {"Monitor", kNanosPerMilli}}},
                     {"EndpointSpec", {{"Mode", "dnsrr"}, {"Ports", Json::array({port})}}}};
  Call(0, "POST", "/services/create", spec.dump());
  const MonoTime deadline = clock_.Now() + kPatience;
  while (Running(service.name) < service.replicas) {
    if (clock_.Now() > deadline) Fail("Swarm: " + service.name + " does not run");
    absl::SleepFor(kLook);
  }
}

int Swarm::Running(const std::string& service) {
  const Json filters = {{"service", {service}}, {"desired-state", {"running"}}};
  const Json tasks =
      Json::parse(Call(0, "GET", "/tasks?filters=" + net::UrlEscape(filters.dump())));
  int running = 0;
  for (const Json& task : tasks) running += task["Status"]["State"] == "running" ? 1 : 0;
  return running;
}

void Swarm::Update(const std::string& service, const std::string& image) {
  Json known = Json::parse(Call(0, "GET", "/services/" + service));
  Json& spec = known["Spec"];
  spec["TaskTemplate"]["ContainerSpec"]["Image"] = image;
  const int64_t version = known["Version"]["Index"];
  Call(0, "POST", "/services/" + service + "/update?version=" + std::to_string(version),
       spec.dump());
}

void Swarm::WaitCompleted(const std::string& service) {
  const MonoTime deadline = clock_.Now() + kPatience;
  for (;;) {
    const Json known = Json::parse(Call(0, "GET", "/services/" + service));
    if (known.value("UpdateStatus", Json::object()).value("State", "") == "completed") return;
    if (clock_.Now() > deadline) Fail("Swarm: the update of " + service + " does not end");
    absl::SleepFor(kLook);
  }
}

void Swarm::Remove(const std::string& service) { Call(0, "DELETE", "/services/" + service); }

}  // namespace quayside::bench
