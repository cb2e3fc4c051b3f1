// Reporter is the agent's voice: the latest Report, the events that go with it until they are
// committed, and the heartbeat. Sends at once, and only when something changed (R9). Agent thread
// only.
#pragma once

#include <deque>
#include <map>
#include <optional>

#include "agent/link.h"
#include "common/base/mono_time.h"
#include "common/base/random.h"
#include "common/model/assignment.h"

namespace quayside::agent {

class Reporter {
 public:
  static constexpr size_t kMaxEvents = 256;  // older ones are dropped and counted

  Reporter(Link& link, Random& random) : link_(link), random_(random) {}

  void NoteEvent(HostEvent event);
  // A session begins: sequences start again, what is not committed is sent again.
  void Begin(absl::Duration heartbeat_period, MonoTime now);
  void End() { connected_ = false; }
  void NoteAnswer(uint64_t committed_report, absl::Duration heartbeat_period);

  // Sends `report` (events and sequence are filled in) when it differs from the last one sent.
  // `since` of its instances is filled in as well.
  void Offer(Report report, absl::Time wall);
  // Sends a heartbeat when it is due; returns when the next one is.
  MonoTime Beat(MonoTime now);

 private:
  struct Entered {
    InstanceState state;
    absl::Time at;
  };
  void FillSince(Report& report, absl::Time wall);

  Link& link_;
  Random& random_;
  bool connected_ = false;
  absl::Duration period_ = absl::Seconds(15);
  MonoTime next_beat_;
  uint64_t beats_ = 0;
  uint64_t report_sequence_ = 0;  // of the last Report sent in this session
  uint64_t event_sequence_ = 0;
  uint64_t dropped_ = 0;
  std::deque<HostEvent> events_;          // not committed, oldest first
  std::map<uint64_t, uint64_t> carried_;  // report sequence → last event in it
  std::optional<Report> last_;            // as offered, without sequence and events
  uint64_t last_event_sent_ = 0;
  std::map<InstanceId, Entered> entered_;
};

}  // namespace quayside::agent
