#include "controller/core/sessions.h"

#include <algorithm>
#include <utility>

namespace quayside::controller {

Session& Sessions::Open(const HostId& host, SessionId id, uint64_t least, MonoTime now) {
  HostPresence& presence = At(host);
  touched_.insert(host);
  presence.last_ordinal = std::max(presence.last_ordinal + 1, least);
  presence.session = Session{.id = id, .ordinal = presence.last_ordinal};
  presence.facts = {.connected = true, .reported = false, .last_heard = now};
  host_of_[id] = host;
  return *presence.session;
}

void Sessions::End(const HostId& host) {
  const auto it = hosts_.find(host);
  if (it == hosts_.end() || !it->second.session.has_value()) return;
  host_of_.erase(it->second.session->id);
  it->second.session.reset();
  it->second.facts.connected = false;
  it->second.facts.reported = false;
  touched_.insert(host);
}

void Sessions::Forget(const HostId& host) {
  End(host);
  const auto it = hosts_.find(host);
  if (it == hosts_.end()) return;
  timers_.erase({it->second.look_at, host});
  touched_.erase(host);
  hosts_.erase(it);
}

HostPresence& Sessions::At(const HostId& host) {
  const auto [it, inserted] = hosts_.try_emplace(host);
  if (inserted) touched_.insert(host);
  return it->second;
}

// A host that is ready stays so by being heard: then only its time moves, and the timer finds that
// out when it fires.
void Sessions::Heard(const HostId& host, MonoTime now) {
  HostPresence& presence = At(host);
  presence.facts.last_heard = now;
  if (presence.shown != Presence::kReady) touched_.insert(host);
}

void Sessions::Reported(const HostId& host) {
  HostPresence& presence = At(host);
  if (!std::exchange(presence.facts.reported, true)) touched_.insert(host);
}

std::set<HostId> Sessions::TakeDue(MonoTime now) {
  std::set<HostId> due = std::exchange(touched_, {});
  while (!timers_.empty() && timers_.begin()->first <= now) {
    const HostId host = timers_.begin()->second;
    hosts_.at(host).look_at = MonoTime::Never();
    timers_.erase(timers_.begin());
    due.insert(host);
  }
  for (const HostId& host : due) Arm(host, now);
  return due;
}

void Sessions::Arm(const HostId& host, MonoTime now) {
  HostPresence& presence = hosts_.at(host);
  const MonoTime next = NextPresenceChange(presence.facts, rules_, now);
  if (presence.look_at <= next) return;  // it fires early enough
  timers_.erase({presence.look_at, host});
  presence.look_at = next;
  timers_.insert({next, host});
}

MonoTime Sessions::next_due() const {
  if (!touched_.empty()) return MonoTime();
  return timers_.empty() ? MonoTime::Never() : timers_.begin()->first;
}

Session* Sessions::Find(SessionId id) {
  const auto it = host_of_.find(id);
  return it == host_of_.end() ? nullptr : &*hosts_.at(it->second).session;
}

const HostId* Sessions::HostOf(SessionId id) const {
  const auto it = host_of_.find(id);
  return it == host_of_.end() ? nullptr : &it->second;
}

void Sessions::CommitTaken(const std::set<SessionId>& sessions) {
  for (const SessionId id : sessions) {
    if (Session* session = Find(id)) {
      session->committed_report = session->taken_report;
      session->committed_event = session->taken_event;
    }
  }
}

void Sessions::RevokeTaken(const std::set<SessionId>& sessions) {
  for (const SessionId id : sessions) {
    if (Session* session = Find(id)) {
      session->taken_report = session->committed_report;
      session->taken_event = session->committed_event;
    }
  }
}

const HostPresence* Sessions::Get(const HostId& host) const {
  const auto it = hosts_.find(host);
  return it == hosts_.end() ? nullptr : &it->second;
}

Presence Sessions::Of(const HostId& host, MonoTime now) const {
  const HostPresence* presence = Get(host);
  return DecidePresence(presence == nullptr ? PresenceFacts() : presence->facts, rules_, now);
}

}  // namespace quayside::controller
