#include "bench/crowd.h"

#include <algorithm>
#include <cstdio>
#include <variant>

#include "agent/agent.h"
#include "agent/reporter.h"
#include "agent/session/session.h"
#include "bench/process.h"
#include "common/base/version.h"
#include "common/model/event_kind.h"

namespace quayside::bench {
namespace {

EngineFacts Engine() {
  EngineFacts facts;
  facts.reachable = true;
  facts.version = "20.10.24";
  facts.api_version = "1.41";
  facts.os = "linux";
  facts.arch = "amd64";
  facts.cpus = 8;
  facts.memory_bytes = int64_t{32} << 30;
  facts.data_root = "/var/lib/docker";
  facts.disk_total_bytes = int64_t{500} << 30;
  facts.disk_free_bytes = int64_t{300} << 30;
  return facts;
}

}  // namespace

// One agent. Its own lock guards all but the session, which has one too.
class Crowd::Member {
 public:
  Member(Crowd& crowd, int number)
      : crowd_(crowd),
        session_({.controller = crowd.options_.controller,
                  .name = Crowd::Name(crowd.options_.prefix, number),
                  .secret = crowd.random_.Base32(52),
                  .machine_id = "machine-" + std::to_string(number),
                  .boot_id = "boot",
                  .process_nonce = crowd.random_.Base32(26),
                  .agent_version = std::string(kVersion)},
                 {}, crowd.clock_, crowd.random_,
                 {.submit = [this](agent::AgentEvent event) { Take(std::move(event)); },
                  .wake = [this, number] { crowd_.Wake(number); },
                  .on_welcome = [](const FleetId&, const HostId&) {}}),
        reporter_(session_, crowd.random_),
        number_(number) {
    absl::MutexLock lock(&mutex_);
    SayHello();
  }

  // Returns when it wants the next.
  MonoTime Turn(MonoTime now) {
    const MonoTime next = session_.Turn();
    absl::MutexLock lock(&mutex_);
    return std::min({next, Run(now), reporter_.Beat(now)});
  }
  void Stop() { session_.Stop(); }
  bool stopped() const { return session_.stopped(); }

 private:
  // A container, as far as time tells.
  struct Held {
    Instance instance;
    MonoTime begun;
    InstanceState state = InstanceState::kCreating;
    bool retired = false;
    absl::Time since;
  };

  void SayHello() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    session_.SetHello({.epoch = assignment_.epoch,
                       .generation = assignment_.generation,
                       .spec_digests = {},
                       .engine = Engine()});
  }

  void Take(agent::AgentEvent event) {
    if (const auto* connected = std::get_if<agent::Connected>(&event)) {
      {
        absl::MutexLock lock(&mutex_);
        reporter_.Begin(connected->heartbeat_period, crowd_.clock_.Now());
        Offer();
      }
      crowd_.Connected();
      crowd_.Wake(number_);  // for the heartbeat
    } else if (std::holds_alternative<agent::Disconnected>(event)) {
      {
        absl::MutexLock lock(&mutex_);
        reporter_.End();
      }
      crowd_.Disconnected();
    } else if (auto* received = std::get_if<agent::AssignmentReceived>(&event)) {
      TakeAssignment(std::move(received->assignment));
    } else if (const auto* answer = std::get_if<agent::HeartbeatAnswered>(&event)) {
      absl::MutexLock lock(&mutex_);
      reporter_.NoteAnswer(answer->committed_report, answer->heartbeat_period);
    }
  }

  void TakeAssignment(Assignment assignment) {
    std::map<AppName, int64_t> news;
    {
      absl::MutexLock lock(&mutex_);
      assignment_ = std::move(assignment);
      assignment_.specs.clear();  // the engine is time alone
      assignment_.received.bytes.clear();
      for (const Instance& instance : assignment_.instances) {
        int64_t& last = acked_[instance.slot.app];
        if (last == instance.revision) continue;
        last = news[instance.slot.app] = instance.revision;
      }
      SayHello();
      session_.SendAck({.epoch = assignment_.epoch, .generation = assignment_.generation});
      Reconcile();
      Offer();
    }
    for (const auto& [app, revision] : news) crowd_.Acked(app, revision);
    crowd_.Wake(number_);
  }

  void Note(std::string_view kind, const Instance& instance) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    HostEvent event;
    event.at = crowd_.clock_.Wall();
    event.kind = std::string(kind);
    event.slot = instance.slot;
    event.instance = instance.id;
    event.revision = instance.revision;
    event.message = ToString(instance.slot) + " " + event.kind;
    reporter_.NoteEvent(std::move(event));
  }

  // What is desired begins, what is kept stops at once, the rest is gone.
  void Reconcile() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    std::map<InstanceId, Held> next;
    for (const Instance& instance : assignment_.instances) {
      const auto known = held_.find(instance.id);
      if (known != held_.end()) {
        next.insert(*known);
        continue;
      }
      Note(event_kind::kContainerCreated, instance);
      next[instance.id] = {.instance = instance, .begun = crowd_.clock_.Now()};
    }
    for (const InstanceId& id : assignment_.keep) {
      const auto known = held_.find(id);
      if (known == held_.end() || next.contains(id)) continue;
      Held& kept = next[id] = known->second;
      if (!std::exchange(kept.retired, true)) Note(event_kind::kContainerStopped, kept.instance);
      kept.state = InstanceState::kStopped;
    }
    held_ = std::move(next);
  }

  // What time has brought about; returns when it brings the next.
  MonoTime Run(MonoTime now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const absl::Duration whole = crowd_.options_.engine_time;
    MonoTime next = MonoTime::Never();
    bool changed = false;
    for (auto& [id, held] : held_) {
      if (held.retired || Proven(held)) continue;
      const bool runs = held.state == InstanceState::kRunning;
      const MonoTime due = held.begun + (runs ? whole : whole / 2);
      if (now < due) {
        next = std::min(next, due);
        continue;
      }
      changed = true;
      if (runs) {
        proven_.insert(id);
        Note(event_kind::kContainerProven, held.instance);
      } else {
        held.state = InstanceState::kRunning;
        Note(event_kind::kContainerStarted, held.instance);
        next = std::min(next, held.begun + whole);
      }
    }
    if (changed) Offer();
    return next;
  }

  bool Proven(const Held& held) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return proven_.contains(held.instance.id);
  }

  void Offer() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    Report report;
    report.epoch = assignment_.epoch;
    report.generation = assignment_.generation;
    report.settled = true;
    report.engine = Engine();
    for (const auto& [id, held] : held_) {
      InstanceStatus status;
      status.id = id;
      status.slot = held.instance.slot;
      status.revision = held.instance.revision;
      status.spec = held.instance.spec;
      status.state = held.state;
      status.retired = held.retired;
      status.proven = Proven(held);
      status.uptime_only = status.proven;
      status.image = "registry.example.com/team/web@sha256:" + std::string(64, 'a');
      status.container = std::string(64, 'c');
      report.settled &= held.retired || status.proven;
      report.instances.push_back(std::move(status));
    }
    std::erase_if(proven_, [this](const InstanceId& id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return !held_.contains(id);
    });
    for (const Removal& removal : assignment_.removals) {
      if (removal.service.empty()) {
        report.removed_apps.push_back(removal.app);
      } else {
        report.removed_slots.push_back({removal.app, removal.service, removal.slot});
      }
    }
    reporter_.Offer(std::move(report), crowd_.clock_.Wall());
  }

  Crowd& crowd_;
  agent::Session session_;
  absl::Mutex mutex_;
  agent::Reporter reporter_ ABSL_GUARDED_BY(mutex_);
  Assignment assignment_ ABSL_GUARDED_BY(mutex_);
  std::map<InstanceId, Held> held_ ABSL_GUARDED_BY(mutex_);
  std::set<InstanceId> proven_ ABSL_GUARDED_BY(mutex_);
  std::map<AppName, int64_t> acked_ ABSL_GUARDED_BY(mutex_);  // the last revision of each app
  const int number_;
};

Crowd::Crowd(Options options) : options_(std::move(options)), thread_([this] { Drive(); }) {}

Crowd::~Crowd() {
  {
    absl::MutexLock lock(&driver_mutex_);
    stopping_ = true;
  }
  thread_.join();
}

std::string Crowd::Name(const std::string& prefix, int number) {
  std::string digits = std::to_string(number);
  return prefix + std::string(digits.size() < 5 ? 5 - digits.size() : 0, '0') + digits;
}

void Crowd::Grow(int count) {
  while (true) {
    int number = 0;
    {
      absl::MutexLock lock(&driver_mutex_);
      number = static_cast<int>(members_.size());
    }
    if (number >= count) return;
    auto member = std::make_unique<Member>(*this, number);  // wakes: not with the lock
    absl::MutexLock lock(&driver_mutex_);
    members_.push_back(std::move(member));
    awake_.insert(number);
  }
}

MonoTime Crowd::WaitConnected(absl::Duration patience) {
  int all = 0;
  {
    absl::MutexLock lock(&driver_mutex_);
    all = static_cast<int>(members_.size());
  }
  absl::MutexLock lock(&mutex_);
  const auto done = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return connected_ >= all && came_ >= all;
  };
  if (!mutex_.AwaitWithTimeout(absl::Condition(&done), patience)) {
    EndWith("only " + std::to_string(connected_) + " of " + std::to_string(all) +
            " agents were connected after " + absl::FormatDuration(patience));
  }
  return last_connected_;
}

int Crowd::connected() const {
  absl::MutexLock lock(&mutex_);
  return connected_;
}

void Crowd::ExpectAgain() {
  absl::MutexLock lock(&mutex_);
  came_ = dropped_ = 0;
}

int Crowd::dropped() const {
  absl::MutexLock lock(&mutex_);
  return dropped_;
}

MonoTime Crowd::WaitAcked(const std::string& app, int64_t revision, int count,
                          absl::Duration patience) {
  absl::MutexLock lock(&mutex_);
  Wave& wave = waves_[{AppName(app), revision}];
  const auto done = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return wave.count >= count; };
  if (!mutex_.AwaitWithTimeout(absl::Condition(&done), patience)) {
    EndWith("only " + std::to_string(wave.count) + " of " + std::to_string(count) +
            " hosts had acknowledged " + app + " after " + absl::FormatDuration(patience));
  }
  return wave.last;
}

void Crowd::Wake(int number) {
  absl::MutexLock lock(&driver_mutex_);
  awake_.insert(number);
}

void Crowd::Connected() {
  absl::MutexLock lock(&mutex_);
  ++connected_;
  ++came_;
  last_connected_ = clock_.Now();
}

void Crowd::Disconnected() {
  absl::MutexLock lock(&mutex_);
  --connected_;
  ++dropped_;
}

void Crowd::Acked(const AppName& app, int64_t revision) {
  absl::MutexLock lock(&mutex_);
  Wave& wave = waves_[{app, revision}];
  ++wave.count;
  wave.last = clock_.Now();
}

Crowd::Member* Crowd::At(int number) {
  absl::MutexLock lock(&driver_mutex_);
  const auto index = static_cast<size_t>(number);
  return index < members_.size() ? members_[index].get() : nullptr;
}

void Crowd::Drive() {
  std::set<std::pair<MonoTime, int>> timers;
  std::map<int, MonoTime> armed;
  const auto turn = [&](int number) {
    Member* member = At(number);
    if (member == nullptr) return;  // woken while it is being made; Grow wakes it again
    const MonoTime next = member->Turn(clock_.Now());
    const auto known = armed.find(number);
    if (known != armed.end()) timers.erase({known->second, number});
    armed[number] = next;
    if (!next.is_never()) timers.insert({next, number});
  };
  bool leaving = false;
  while (true) {
    std::set<int> awake;
    {
      absl::MutexLock lock(&driver_mutex_);
      const auto due = [this, leaving]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(driver_mutex_) {
        return (stopping_ && !leaving) || !awake_.empty();
      };
      absl::Duration wait = absl::Milliseconds(100);
      if (!timers.empty()) wait = std::min(wait, timers.begin()->first - clock_.Now());
      driver_mutex_.AwaitWithTimeout(absl::Condition(&due), wait);
      awake.swap(awake_);
      if (stopping_ && !std::exchange(leaving, true)) {
        for (size_t i = 0; i < members_.size(); ++i) awake.insert(static_cast<int>(i));
      }
    }
    for (const int number : awake) {
      if (Member* member = leaving ? At(number) : nullptr) member->Stop();
      turn(number);
    }
    const MonoTime now = clock_.Now();
    while (!timers.empty() && timers.begin()->first <= now) {
      const int number = timers.begin()->second;
      timers.erase(timers.begin());
      armed.erase(number);
      turn(number);
    }
    if (leaving && AllStopped()) return;
  }
}

bool Crowd::AllStopped() {
  std::vector<Member*> members;  // asked without the lock: sessions wake us with theirs held
  {
    absl::MutexLock lock(&driver_mutex_);
    for (const auto& member : members_) members.push_back(member.get());
  }
  return std::all_of(members.begin(), members.end(),
                     [](Member* member) { return member->stopped(); });
}

}  // namespace quayside::bench
