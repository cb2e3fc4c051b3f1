#include "tests/integration/push_image.h"

#include <cstdio>
#include <cstring>
#include <future>

#include <nlohmann/json.hpp>

#include "common/base/file.h"
#include "common/base/status.h"
#include "common/model/digest.h"

namespace quayside::testing_support {
namespace {

using nlohmann::json;

constexpr char kManifestType[] = "application/vnd.oci.image.manifest.v1+json";
constexpr char kIndexType[] = "application/vnd.oci.image.index.v1+json";

// One member of a ustar archive (POSIX.1-1988): header, content, padding.
std::string TarMember(const std::string& path, char type, const std::string& content,
                      const std::string& link = "") {
  std::string header(512, '\0');
  const auto put = [&header](size_t at, const std::string& text) {
    header.replace(at, text.size(), text);
  };
  char octal[13];
  put(0, path);
  put(100, type == '5' ? "0000755" : "0000755");
  put(108, "0000000");
  put(116, "0000000");
  std::snprintf(octal, sizeof(octal), "%011zo", content.size());
  put(124, octal);
  put(136, "00000000000");
  put(148, "        ");
  header[156] = type;
  put(157, link);
  put(257, std::string("ustar\0"
                       "00",
                       8));
  unsigned sum = 0;
  for (const unsigned char c : header) sum += c;
  std::snprintf(octal, sizeof(octal), "%06o", sum);
  put(148, octal);
  header[154] = '\0';
  std::string member = header + content;
  member.resize((member.size() + 511) / 512 * 512, '\0');
  return member;
}

absl::StatusOr<std::string> Layer() {
  QS_ASSIGN_OR_RETURN(const std::string busybox, ReadFile("/usr/bin/busybox", size_t{16} << 20));
  return TarMember("bin/", '5', "") + TarMember("tmp/", '5', "") +
         TarMember("bin/busybox", '0', busybox) + TarMember("bin/sh", '2', "", "busybox") +
         std::string(1024, '\0');
}

absl::Status Put(net::HttpClient& http, const std::string& url, const std::string& type,
                 const std::string& body) {
  QS_ASSIGN_OR_RETURN(
      const net::HttpResponse answer,
      Ask(http, {.method = "PUT", .url = url, .headers = {{"Content-Type", type}}, .body = body}));
  if (answer.status == 201) return absl::OkStatus();
  return Internal("PUT " + url + " answered " + std::to_string(answer.status) + ": " + answer.body);
}

absl::Status PushBlob(net::HttpClient& http, const std::string& repository,
                      const std::string& content) {
  const std::string digest = Sha256Digest(content);
  QS_ASSIGN_OR_RETURN(const net::HttpResponse known,
                      Ask(http, {.method = "HEAD", .url = repository + "/blobs/" + digest}));
  if (known.status == 200) return absl::OkStatus();
  QS_ASSIGN_OR_RETURN(const net::HttpResponse upload,
                      Ask(http, {.method = "POST", .url = repository + "/blobs/uploads/"}));
  const auto location = upload.headers.find("location");
  if (location == upload.headers.end()) return Internal("the registry gave no place to upload to");
  const std::string& place = location->second;
  return Put(
      http,
      place + (place.find('?') == place.npos ? "?" : "&") + "digest=" + net::UrlEscape(digest),
      "application/octet-stream", content);
}

}  // namespace

absl::StatusOr<net::HttpResponse> Ask(net::HttpClient& http, net::HttpRequest request) {
  std::promise<absl::StatusOr<net::HttpResponse>> promise;
  auto answer = promise.get_future();
  http.Send(std::move(request), [&promise](absl::StatusOr<net::HttpResponse> response) {
    promise.set_value(std::move(response));
  });
  return answer.get();
}

absl::StatusOr<std::string> PushImage(net::HttpClient& http, const std::string& registry,
                                      const std::string& name, const std::string& tag,
                                      const TestImage& image) {
  const std::string repository = "http://" + registry + "/v2/" + name;
  QS_ASSIGN_OR_RETURN(const std::string layer, Layer());
  json config = {
      {"os", image.os},
      {"architecture", image.arch},
      {"config",
       {{"Entrypoint", image.entrypoint}, {"Env", {"PATH=/bin"}}, {"Labels", image.labels}}},
      {"rootfs", {{"type", "layers"}, {"diff_ids", {Sha256Digest(layer)}}}}};
  for (const std::string& volume : image.volumes)
    config["config"]["Volumes"][volume] = json::object();
  if (!image.health_command.empty()) {
    std::vector<std::string> test = {"CMD"};
    test.insert(test.end(), image.health_command.begin(), image.health_command.end());
    config["config"]["Healthcheck"] = {{"Test", test}, {"Interval", 100'000'000}, {"Retries", 1}};
  }
  const std::string config_text = config.dump();
  const json manifest = {{"schemaVersion", 2},
                         {"mediaType", kManifestType},
                         {"config",
                          {{"mediaType", "application/vnd.oci.image.config.v1+json"},
                           {"digest", Sha256Digest(config_text)},
                           {"size", config_text.size()}}},
                         {"layers",
                          {{{"mediaType", "application/vnd.oci.image.layer.v1.tar"},
                            {"digest", Sha256Digest(layer)},
                            {"size", layer.size()}}}}};
  QS_RETURN_IF_ERROR(PushBlob(http, repository, layer));
  QS_RETURN_IF_ERROR(PushBlob(http, repository, config_text));
  const std::string text = manifest.dump();
  QS_RETURN_IF_ERROR(Put(http, repository + "/manifests/" + tag, kManifestType, text));
  return registry + "/" + name + "@" + Sha256Digest(text);
}

absl::StatusOr<std::string> PushIndex(net::HttpClient& http, const std::string& registry,
                                      const std::string& name, const std::string& tag,
                                      const std::vector<IndexEntry>& entries) {
  const std::string repository = "http://" + registry + "/v2/" + name;
  json index = {{"schemaVersion", 2}, {"mediaType", kIndexType}, {"manifests", json::array()}};
  for (const IndexEntry& entry : entries) {
    const std::string digest = entry.digest_ref.substr(entry.digest_ref.find('@') + 1);
    QS_ASSIGN_OR_RETURN(const net::HttpResponse manifest,
                        Ask(http, {.url = repository + "/manifests/" + digest,
                                   .headers = {{"Accept", kManifestType}}}));
    const size_t slash = entry.platform.find('/');
    json item = {{"mediaType", kManifestType},
                 {"digest", digest},
                 {"size", manifest.body.size()},
                 {"platform",
                  {{"os", entry.platform.substr(0, slash)},
                   {"architecture", entry.platform.substr(slash + 1)}}}};
    if (entry.attestation)
      item["annotations"] = {{"vnd.docker.reference.type", "attestation-manifest"}};
    index["manifests"].push_back(std::move(item));
  }
  const std::string text = index.dump();
  QS_RETURN_IF_ERROR(Put(http, repository + "/manifests/" + tag, kIndexType, text));
  return registry + "/" + name + "@" + Sha256Digest(text);
}

}  // namespace quayside::testing_support
