#include "controller/core/sessions.h"

#include <algorithm>

namespace quayside::controller {

Session& Sessions::Open(const HostId& host, SessionId id, uint64_t least, MonoTime now) {
  HostPresence& presence = hosts_[host];
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
}

void Sessions::Forget(const HostId& host) {
  End(host);
  hosts_.erase(host);
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
