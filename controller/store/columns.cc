#include "controller/store/columns.h"

#include <nlohmann/json.hpp>

#include "common/base/status.h"

namespace quayside {

// What nlohmann-json looks up by argument: the JSON of the model's small structs.
static void to_json(nlohmann::json& json, const AppName& app) { json = app.value; }
static void from_json(const nlohmann::json& json, AppName& app) {
  app = AppName(json.get<std::string>());
}
static void to_json(nlohmann::json& json, const Rejection& rejection) {
  json = {{"app", rejection.app}, {"reason", rejection.reason}};
}
static void from_json(const nlohmann::json& json, Rejection& rejection) {
  rejection.app = json.at("app").get<AppName>();
  rejection.reason = json.at("reason").get<std::string>();
}
static void to_json(nlohmann::json& json, const PublishedPort& port) {
  json = {{"host_ip", port.host_ip},
          {"host_port", port.host_port},
          {"port", port.container_port},
          {"protocol", port.protocol}};
}
static void from_json(const nlohmann::json& json, PublishedPort& port) {
  port.host_ip = json.at("host_ip").get<std::string>();
  port.host_port = json.at("host_port").get<uint32_t>();
  port.container_port = json.at("port").get<uint32_t>();
  port.protocol = json.at("protocol").get<std::string>();
}

namespace controller {
namespace {

template <typename T>
std::string Write(const T& value, const char* when_empty) {
  if (value.empty()) return when_empty;
  // Bytes that are no UTF-8 become U+FFFD: a host's strange text must not stop a commit.
  return nlohmann::json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

template <typename T>
absl::Status Read(std::string_view text, T* value) {
  value->clear();
  if (text == "[]" || text == "{}") return absl::OkStatus();
  try {
    *value = nlohmann::json::parse(text).get<T>();
  } catch (const nlohmann::json::exception& error) {
    return DataLoss("the database holds `" + std::string(text.substr(0, 60)) +
                    "` where JSON was expected: " + error.what());
  }
  return absl::OkStatus();
}

}  // namespace

std::string ToColumn(const std::map<std::string, std::string>& labels) {
  return Write(labels, "{}");
}
std::string ToColumn(const std::set<std::string>& words) { return Write(words, "[]"); }
std::string ToColumn(const std::vector<std::string>& words) { return Write(words, "[]"); }
std::string ToColumn(const std::vector<AppName>& apps) { return Write(apps, "[]"); }
std::string ToColumn(const std::vector<Rejection>& rejections) { return Write(rejections, "[]"); }
std::string ToColumn(const std::vector<PublishedPort>& ports) { return Write(ports, "[]"); }

absl::Status FromColumn(std::string_view text, std::map<std::string, std::string>* labels) {
  return Read(text, labels);
}
absl::Status FromColumn(std::string_view text, std::set<std::string>* words) {
  return Read(text, words);
}
absl::Status FromColumn(std::string_view text, std::vector<std::string>* words) {
  return Read(text, words);
}
absl::Status FromColumn(std::string_view text, std::vector<AppName>* apps) {
  return Read(text, apps);
}
absl::Status FromColumn(std::string_view text, std::vector<Rejection>* rejections) {
  return Read(text, rejections);
}
absl::Status FromColumn(std::string_view text, std::vector<PublishedPort>* ports) {
  return Read(text, ports);
}

}  // namespace controller
}  // namespace quayside
