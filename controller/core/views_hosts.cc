#include "controller/core/views.h"

namespace quayside::controller {

HostView ViewHost(const CoreState& state, const HostRow& row) {
  HostView view;
  view.row = row;
  view.state = std::string(ToString(state.PresenceOf(row.id)));
  view.engine_state = row.engine.reachable ? "ok" : "unreachable";
  view.instances = static_cast<int32_t>(state.ledger.InstancesOn(row.id).size());
  const HostPresence* presence = state.sessions.Get(row.id);
  if (presence != nullptr && presence->facts.last_heard.has_value()) {
    view.last_seen = state.now - *presence->facts.last_heard;
  }
  return view;
}

std::vector<HostView> ViewHosts(const CoreState& state) {
  std::map<std::string, HostView> by_name;
  for (const auto& [id, row] : state.ledger.model().hosts.rows()) {
    by_name.emplace(row.name, ViewHost(state, row));
  }
  std::vector<HostView> views;
  views.reserve(by_name.size());
  for (auto& [name, view] : by_name) views.push_back(std::move(view));
  return views;
}

}  // namespace quayside::controller
