#include "ctl/drift.h"

#include <nlohmann/json.hpp>

#include "ctl/print.h"

namespace quayside::ctl {
namespace {

std::string WantedImage(const v1::AppSpec& spec, const v1::InstanceRow& row) {
  for (const v1::Service& service : spec.services()) {
    if (service.name() != row.status().service()) continue;
    for (const v1::StringEntry& apart : service.host_images()) {
      if (apart.key() == row.host()) return apart.value();
    }
    return service.container().image();
  }
  return "";
}

bool IsStopped(const v1::AppSpec& spec, const std::string& service) {
  for (const v1::Service& one : spec.services()) {
    if (one.name() == service) return one.stopped();
  }
  return false;
}

// A container that takes a slot's resources now.
bool Runs(v1::InstanceState state) {
  switch (state) {
    case v1::INSTANCE_STATE_STARTING:
    case v1::INSTANCE_STATE_RUNNING:
    case v1::INSTANCE_STATE_HEALTHY:
    case v1::INSTANCE_STATE_UNHEALTHY:
    case v1::INSTANCE_STATE_STOPPING:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::vector<Drift> FindDrift(const v1::AppSpec& newest, const std::vector<v1::InstanceRow>& rows) {
  std::vector<Drift> drifts;
  for (const v1::InstanceRow& row : rows) {
    const v1::InstanceStatus& status = row.status();
    const std::string word(StateWord(status.state()));
    Drift drift{.place = status.service() + "." + std::to_string(status.slot()) +
                         (row.host().empty() ? "" : " on " + row.host()),
                .why = "",
                .runs = "",
                .wanted = ""};
    if (!row.desired()) {
      if (!Runs(status.state())) continue;
      drift.why = "runs though the newest revision does not want it";
      drift.runs = "image: " + status.image();
      drifts.push_back(std::move(drift));
      continue;
    }
    const std::string wanted = WantedImage(newest, row);
    const bool other_image = !status.image().empty() && status.image() != wanted;
    const bool well = IsStopped(newest, status.service())
                          ? status.state() == v1::INSTANCE_STATE_STOPPED
                          : status.proven() && row.host_known();
    if (well && !other_image) continue;
    if (other_image) {
      drift.runs = "image: " + status.image();
      drift.wanted = "image: " + wanted;
    }
    if (!well) {
      drift.why = !row.host_known() ? "unknown: its host has not reported"
                                    : word + (status.proven() ? "" : ", not proven");
      if (!status.reason().empty()) drift.why += ": " + status.reason();
    }
    drifts.push_back(std::move(drift));
  }
  return drifts;
}

std::string DriftJson(const std::vector<Drift>& drifts) {
  using Json = nlohmann::ordered_json;
  Json list = Json::array();
  for (const Drift& drift : drifts) {
    list.push_back({{"place", drift.place},
                    {"why", drift.why},
                    {"runs", drift.runs},
                    {"wanted", drift.wanted}});
  }
  return Json{{"differences", list}}.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

AppSpec AsWritten(AppSpec stored) {
  for (ServiceSpec& service : stored.services) {
    if (service.container.image_tag.empty()) continue;
    service.container.image = service.container.image_tag;
    service.container.image_tag.clear();
  }
  return stored;
}

AppSpec WithStored(AppSpec file, const AppSpec& stored) {
  for (ServiceSpec& service : file.services) {
    const ServiceSpec* before = FindService(stored, service.name);
    if (before == nullptr) continue;
    service.stopped = before->stopped;
    service.host_images = before->host_images;
    service.container.restart_counter = before->container.restart_counter;
    if (!service.replicas_in_file && service.mode == ServiceMode::kReplicated &&
        before->mode == ServiceMode::kReplicated) {
      service.replicas = before->replicas;
      service.replicas_in_file = before->replicas_in_file;
    }
  }
  return file;
}

}  // namespace quayside::ctl
