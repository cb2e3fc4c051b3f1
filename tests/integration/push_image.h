// Small real images for tests, without any build: one layer of Debian's static busybox, made here
// and pushed to a registry over plain HTTP.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/net/http.h"

namespace quayside::testing_support {

struct TestImage {
  std::vector<std::string> entrypoint;
  std::map<std::string, std::string> labels;
  std::vector<std::string> volumes;
  std::vector<std::string> health_command;  // every 100 ms, one retry
  std::string os = "linux", arch = "amd64";
};

// A busybox script as an image's program.
inline std::vector<std::string> Shell(std::string script) {
  return {"/bin/busybox", "sh", "-c", std::move(script)};
}

// Pushes `image` as REGISTRY/NAME:TAG ("127.0.0.1:5000", "conformance/web", "v1"); the answer is
// "REGISTRY/NAME@sha256:…".
absl::StatusOr<std::string> PushImage(net::HttpClient& http, const std::string& registry,
                                      const std::string& name, const std::string& tag,
                                      const TestImage& image);
// Pushes an index over already pushed manifests, each with its platform "linux/arm64".
struct IndexEntry {
  std::string digest_ref, platform;
  bool attestation = false;
};
absl::StatusOr<std::string> PushIndex(net::HttpClient& http, const std::string& registry,
                                      const std::string& name, const std::string& tag,
                                      const std::vector<IndexEntry>& entries);

// One request, waited for.
absl::StatusOr<net::HttpResponse> Ask(net::HttpClient& http, net::HttpRequest request);

}  // namespace quayside::testing_support
