#include "agent/reporter.h"

#include <utility>

namespace quayside::agent {

void Reporter::NoteEvent(HostEvent event) {
  event.sequence = ++event_sequence_;
  events_.push_back(std::move(event));
  if (events_.size() > kMaxEvents) {
    events_.pop_front();
    ++dropped_;
  }
}

void Reporter::Begin(absl::Duration heartbeat_period, MonoTime now) {
  connected_ = true;
  period_ = heartbeat_period;
  next_beat_ = now + random_.Jitter(period_, 0.2);
  beats_ = 0;
  report_sequence_ = 0;
  carried_.clear();
  last_.reset();
  last_event_sent_ = 0;
  event_sequence_ = 0;
  for (HostEvent& event : events_) event.sequence = ++event_sequence_;
}

void Reporter::NoteAnswer(uint64_t committed_report, absl::Duration heartbeat_period) {
  if (heartbeat_period > absl::ZeroDuration()) period_ = heartbeat_period;
  const auto end = carried_.upper_bound(committed_report);
  if (end == carried_.begin()) return;
  const uint64_t last_event = std::prev(end)->second;
  while (!events_.empty() && events_.front().sequence <= last_event) events_.pop_front();
  carried_.erase(carried_.begin(), end);
}

void Reporter::FillSince(Report& report, absl::Time wall) {
  std::map<InstanceId, Entered> entered;
  for (InstanceStatus& status : report.instances) {
    const auto known = entered_.find(status.id);
    const bool same = known != entered_.end() && known->second.state == status.state;
    status.since = same ? known->second.at : wall;
    entered.emplace(status.id, Entered{.state = status.state, .at = status.since});
  }
  entered_ = std::move(entered);
}

void Reporter::Offer(Report report, absl::Time wall) {
  FillSince(report, wall);
  if (!connected_) return;
  const bool news = event_sequence_ > last_event_sent_;
  if (!news && last_ == report) return;
  last_ = report;
  report.sequence = ++report_sequence_;
  report.events.assign(events_.begin(), events_.end());
  report.dropped_events = dropped_;
  last_event_sent_ = event_sequence_;
  carried_.emplace(report.sequence, event_sequence_);
  link_.SendReport(std::move(report));
}

MonoTime Reporter::Beat(MonoTime now) {
  if (!connected_) return MonoTime::Never();
  if (now >= next_beat_) {
    link_.SendHeartbeat(++beats_, report_sequence_);
    next_beat_ = now + random_.Jitter(period_, 0.2);
  }
  return next_beat_;
}

}  // namespace quayside::agent
