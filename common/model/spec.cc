#include "common/model/spec.h"

namespace quayside {

const ServiceSpec* FindService(const AppSpec& app, const ServiceName& name) {
  for (const ServiceSpec& service : app.services) {
    if (service.name == name) return &service;
  }
  return nullptr;
}

}  // namespace quayside
