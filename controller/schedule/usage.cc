#include "controller/schedule/usage.h"

namespace quayside::controller {
namespace {

std::string Mebibytes(int64_t bytes) { return std::to_string(bytes / (1024 * 1024)) + " MiB"; }

std::string Cpus(int64_t nano) {
  const std::string text = std::to_string(static_cast<double>(nano) / 1e9);
  return text.substr(0, text.find('.') + 3);
}

}  // namespace

std::string Usage::WhyFull(const ServiceSpec& service) const {
  const int32_t most = service.placement.max_replicas_per_node;
  if (most > 0 && service.mode == ServiceMode::kReplicated && count(service.name) >= most) {
    return "max_replicas_per_node " + std::to_string(most) + " is reached";
  }
  for (const PortUse& wanted : FixedPorts(service.container)) {
    for (const auto& [taken, owner] : ports_) {
      if (Clash(wanted, taken)) return "port " + ToString(wanted) + " is taken by " + owner;
    }
  }
  const Reservations& asks = service.reservations;
  if (asks.nano_cpus > 0 && host_->nano_cpus > 0 &&
      nano_cpus_ + asks.nano_cpus > host_->nano_cpus) {
    return "it reserves " + Cpus(asks.nano_cpus) + " CPUs and " +
           Cpus(std::max<int64_t>(0, host_->nano_cpus - nano_cpus_)) + " are left";
  }
  if (asks.memory_bytes > 0 && host_->memory_bytes > 0 &&
      memory_bytes_ + asks.memory_bytes > host_->memory_bytes) {
    return "it reserves " + Mebibytes(asks.memory_bytes) + " of memory and " +
           Mebibytes(std::max<int64_t>(0, host_->memory_bytes - memory_bytes_)) + " are left";
  }
  return "";
}

void Usage::Add(const AppName& app, const ServiceSpec& service) {
  nano_cpus_ += service.reservations.nano_cpus;
  memory_bytes_ += service.reservations.memory_bytes;
  ++instances_;
  ++counts_[service.name];
  for (const PortUse& port : FixedPorts(service.container)) {
    ports_.emplace_back(port, app.value + "/" + service.name.value);
  }
}

}  // namespace quayside::controller
