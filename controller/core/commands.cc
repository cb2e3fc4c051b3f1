#include "controller/core/commands.h"

#include <algorithm>

#include "common/base/status.h"
#include "controller/core/core_state.h"

namespace quayside::controller {
namespace {

// An image cleanup asks the engine for every image and may delete many.
constexpr absl::Duration kCommandTime = absl::Seconds(60);

}  // namespace

void Commands::Add(const std::string& id, Pending pending) {
  FinishIfComplete(pending_.emplace(id, std::move(pending)).first);
}

void Commands::Result(const std::string& id, const HostId& host, const absl::Status& status,
                      std::vector<std::string> lines) {
  const auto it = pending_.find(id);
  if (it == pending_.end()) return;
  const auto waiting = it->second.waiting.find(host);
  if (waiting == it->second.waiting.end()) return;
  it->second.results.push_back(
      {waiting->second, status.ok() ? "" : Message(status), std::move(lines)});
  it->second.waiting.erase(waiting);
  FinishIfComplete(it);
}

void Commands::HostGone(const HostId& host) {
  for (auto it = pending_.begin(); it != pending_.end();) {
    const auto current = it++;
    const std::string id = current->first;
    Result(id, host, Unavailable("its session ended before it answered"), {});
  }
}

void Commands::Expire(MonoTime now) {
  for (auto it = pending_.begin(); it != pending_.end();) {
    const auto current = it++;
    if (current->second.deadline > now) continue;
    for (const auto& [host, name] : current->second.waiting) {
      current->second.results.push_back({name, "it did not answer in time", {}});
    }
    current->second.waiting.clear();
    FinishIfComplete(current);
  }
}

MonoTime Commands::next_deadline() const {
  MonoTime next = MonoTime::Never();
  for (const auto& [id, pending] : pending_) next = std::min(next, pending.deadline);
  return next;
}

void Commands::FinishIfComplete(std::map<std::string, Pending>::iterator it) {
  if (!it->second.waiting.empty()) return;
  Pending pending = std::move(it->second);
  pending_.erase(it);
  std::sort(pending.results.begin(), pending.results.end(),
            [](const GcHostResult& a, const GcHostResult& b) { return a.host < b.host; });
  pending.done(std::move(pending.results));
}

void StartGarbageCollection(CoreState& state, CollectGarbage request) {
  if (state.commands.full()) {
    return request.done(
        ResourceExhausted("cannot clean up images: too many cleanups are under "
                          "way; ask again when one has ended"));
  }
  const HostRow* only = nullptr;
  if (!request.host.empty()) {
    only = state.ledger.FindHostByName(request.host);
    if (only == nullptr) {
      return request.done(NotFound("cannot clean up images on " + request.host +
                                   ": there is no such host; `ctl host ls` lists them"));
    }
    if (state.PresenceOf(only->id) != Presence::kReady) {
      return request.done(Unavailable("cannot clean up images on " + request.host + ": it is " +
                                      std::string(ToString(state.PresenceOf(only->id)))));
    }
  }
  const std::string id = state.random.Base32(16);
  Commands::Pending pending{.deadline = state.now + kCommandTime, .done = std::move(request.done)};
  for (const auto& [host, row] : state.ledger.model().hosts.rows()) {
    if (only != nullptr && host != only->id) continue;
    const HostPresence* presence = state.sessions.Get(host);
    if (presence == nullptr || !presence->session.has_value() ||
        state.PresenceOf(host) != Presence::kReady) {
      const std::string now(ToString(state.PresenceOf(host)));
      pending.results.push_back({row.name, "", {"not asked, because it is " + now}});
      continue;
    }
    pending.waiting[host] = row.name;
    state.fleet.SendCommand(presence->session->id, id, request.dry_run);
  }
  state.commands.Add(id, std::move(pending));
}

}  // namespace quayside::controller
