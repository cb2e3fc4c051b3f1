#include "controller/core/core.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/base/check.h"
#include "common/base/log.h"
#include "common/base/status.h"
#include "common/model/event_kind.h"
#include "controller/core/answered.h"
#include "controller/core/apps.h"
#include "controller/core/assignment_builder.h"
#include "controller/core/core_state.h"
#include "controller/core/history.h"
#include "controller/core/hosts.h"
#include "controller/core/pace.h"
#include "controller/core/recovery.h"
#include "controller/core/requests_in.h"
#include "controller/core/rollouts.h"
#include "controller/core/settle.h"
#include "controller/core/views.h"

namespace quayside::controller {
namespace {

constexpr int kPruneRows = 1'000;  // R28
// A turn looks at apps with this many instances in all, or at one that is larger.
constexpr size_t kInstancesPerTurn = 5'000;
constexpr absl::Duration kPrunePeriod = absl::Minutes(1);
// How long until a slice of a backup whose reader is slow is tried again.
constexpr absl::Duration kBackupPause = absl::Milliseconds(5);

template <typename... Fs>
struct Overload : Fs... {
  using Fs::operator()...;
};
template <typename... Fs>
Overload(Fs...) -> Overload<Fs...>;

}  // namespace

struct Core::Impl {
  Impl(CoreOptions options, Clock& clock, Random& random, Store& store, Fleet& fleet)
      : state(std::move(options), clock, random, store, fleet) {}

  absl::Status Start();
  MonoTime Turn(std::vector<CoreEvent> events);

  void ResumeApps();
  void BeginTurn();
  void Take(CoreEvent event);
  void TakeHello(const AgentHello& hello);
  void TakeAck(AgentAck ack);
  void TakeReport(AgentReport report);
  void TakeResult(AgentCommandResult result);
  void Look();
  std::vector<AppName> TakeDueApps(const std::set<AppName>& going_on);
  bool Postpone(const AppName& app, size_t size, bool going_on, size_t looked_at);
  void Commit();
  void CommitFailed(const absl::Status& failed);
  void TryWriting();
  void OfferAssignments();
  void TellWatchers(const std::set<AppName>& touched, const std::vector<EventRow>& events);
  void Prune();
  MonoTime NextTurn();
  MonoTime At(absl::Time steady) const {
    return steady <= state.steady ? state.now : state.now + (steady - state.steady);
  }

  CoreState state;
  bool again = false;                     // there is more to do at once
  std::set<AppName> more;                 // apps whose rollouts go on in the next turn
  std::set<AppName> postponed;            // touched, but looked at too shortly before (pace.h)
  std::map<AppName, MonoTime> next_look;  // of large apps
  std::vector<SessionId> admitted;        // Hellos of this turn
};

absl::Status Core::Impl::Start() {
  state.started_mono = state.clock.Now();
  state.started_wall = state.clock.Wall();
  BeginTurn();
  Model model;
  QS_RETURN_IF_ERROR(state.store.Load(&model));
  const bool first = model.fleet.Find(0) == nullptr;
  if (first) {
    FleetRow fleet;
    fleet.fleet = FleetId(state.random.Base32(10));
    fleet.epoch = StoreEpoch(state.random.Base32(26));
    model.fleet.Put(0, std::move(fleet));
  }
  state.ledger.Reset(std::move(model));
  state.sessions.Configure({state.started_mono,
                            std::max(2 * state.options.lease, state.options.start_grace),
                            state.options.lease});
  for (const auto& [id, host] : state.ledger.model().hosts.rows()) state.sessions.Expect(id);
  const bool held = ResumeRecovery(state);
  ResumeApps();
  state.ledger.RaiseGenerations();
  const absl::Status committed = state.store.Commit(state.ledger.mutable_model());
  // A full disk does not keep the controller from reading (R29). But what is to be held must be
  // stored before any host is told anything (R3).
  if (committed.ok() || first || held) return committed;
  CommitFailed(committed);
  return absl::OkStatus();
}

// The time in which the controller was away, or could write nothing, is no rollout's fault.
void Core::Impl::ResumeApps() {
  for (const auto& [name, app] : state.ledger.model().apps.rows()) {
    state.unsettled.insert(name);
    state.to_prune.insert(name);
    state.ledger.TouchApp(name);
    if (app.removing) state.told_otherwise.insert(name);
    ExtendDeadline(state, name, state.steady);
  }
}

void Core::Impl::BeginTurn() {
  state.now = state.clock.Now();
  state.wall = state.clock.Wall();
  state.steady = state.started_wall + (state.now - state.started_mono);
}

MonoTime Core::Impl::Turn(std::vector<CoreEvent> events) {
  BeginTurn();
  again = false;
  if (!state.read_only_reason.empty() && state.now >= state.next_probe) TryWriting();
  for (CoreEvent& event : events) Take(std::move(event));
  state.commands.Expire(state.now);
  if (state.read_only_reason.empty()) {
    WatchPresence(state);
    Look();
    Prune();
  }
  Commit();
  state.backup.Step(state.store);
  return NextTurn();
}

void Core::Impl::Take(CoreEvent event) {
  std::visit(Overload{[&](Request& request) { TakeRequest(state, std::move(request)); },
                      [&](AgentHello& hello) { TakeHello(hello); },
                      [&](AgentAck& ack) { TakeAck(std::move(ack)); },
                      [&](AgentReport& report) { TakeReport(std::move(report)); },
                      [&](AgentHeartbeat& heartbeat) { HandleHeartbeat(state, heartbeat); },
                      [&](AgentCommandResult& result) { TakeResult(std::move(result)); },
                      [&](AgentGone& gone) { HandleGone(state, gone); }},
             event);
}

void Core::Impl::TakeHello(const AgentHello& hello) {
  HandleHello(state, hello);
  admitted.push_back(hello.session);
}

// Acks and Reports change rows: while nothing can be written the newest of each session waits, and
// presence lives on (R29).
void Core::Impl::TakeAck(AgentAck ack) {
  if (state.read_only_reason.empty()) HandleAck(state, ack);
  if (const HostId* host = state.sessions.HostOf(ack.session)) {
    state.sessions.Heard(*host, state.now);
    state.unwritten_acks.insert_or_assign(*host, std::move(ack));
  }
}

void Core::Impl::TakeReport(AgentReport report) {
  if (state.read_only_reason.empty()) HandleReport(state, report);
  if (const HostId* host = state.sessions.HostOf(report.session)) {
    state.sessions.Heard(*host, state.now);
    state.sessions.Reported(*host);
    state.unwritten_reports.insert_or_assign(*host, std::move(report));
  }
}

void Core::Impl::TakeResult(AgentCommandResult result) {
  const HostId* host = state.sessions.HostOf(result.session);
  if (host == nullptr) return;
  state.sessions.Heard(*host, state.now);
  state.commands.Result(result.id, HostId(*host), result.status, std::move(result.lines));
}

// Looks at every app that something happened to: places what is missing, steps its rollout.
void Core::Impl::Look() {
  const std::set<AppName> going_on = std::exchange(more, {});
  size_t looked_at = 0;
  for (const AppName& app : TakeDueApps(going_on)) {
    const size_t size = state.ledger.InstancesOf(app).size();
    if (Postpone(app, size, going_on.contains(app), looked_at)) continue;
    looked_at += size;
    if (state.unsettled.erase(app) > 0) {
      SettleApp(state, app);
      state.ledger.TouchApp(app);
    }
    const bool removing = StepRemoval(state, app);
    if (StepApp(state, app) || removing) {
      more.insert(app);
      again = true;
    }
  }
}

// What has waited comes first, so that it is not put off for ever by apps of which there is always
// news.
std::vector<AppName> Core::Impl::TakeDueApps(const std::set<AppName>& going_on) {
  std::set<AppName> waited = std::exchange(postponed, {});
  for (const AppName& app : waited) state.ledger.TouchApp(app);
  waited.insert(going_on.begin(), going_on.end());
  std::set<AppName> due = state.ledger.touched_apps();
  due.insert(state.unsettled.begin(), state.unsettled.end());
  for (const auto& [app, at] : state.next_step) {
    if (at <= state.steady) due.insert(app);
  }
  std::vector<AppName> apps(waited.begin(), waited.end());
  std::copy_if(due.begin(), due.end(), std::back_inserter(apps),
               [&](const AppName& app) { return !waited.contains(app); });
  return apps;
}

// True when the app has to wait: it was looked at too shortly before, or this turn is long enough.
bool Core::Impl::Postpone(const AppName& app, size_t size, bool going_on, size_t looked_at) {
  const auto known = next_look.find(app);
  if (!going_on && known != next_look.end() && state.now < known->second) {
    postponed.insert(app);
    return true;
  }
  if (looked_at > 0 && looked_at + size > kInstancesPerTurn) {
    (going_on ? more : postponed).insert(app);
    next_look[app] = state.now;
    again = true;
    return true;
  }
  const absl::Duration pace = PaceOf(size);
  if (pace > absl::ZeroDuration()) {
    next_look[app] = state.now + pace;
  } else if (known != next_look.end()) {
    next_look.erase(known);
  }
  return false;
}

void Core::Impl::Prune() {
  if (state.now < state.next_pruning) return;
  state.next_pruning = state.now + kPrunePeriod;
  PruneAnswers(state, kPruneRows);
  if (PruneHistory(state, kPruneRows)) {
    state.next_pruning = state.now;
    again = true;
  }
  const absl::StatusOr<int> pruned = state.store.PruneEvents(
      state.wall - state.options.event_retention, state.options.max_events, kPruneRows);
  if (!pruned.ok()) {
    Log(LogLevel::kWarn, "events_not_pruned", {{"error", Message(pruned.status())}});
  } else if (*pruned == kPruneRows) {
    state.next_pruning = state.now;  // there is more
    again = true;
  }
}

// ---- the end of a turn (R29) ----

void Core::Impl::Commit() {
  state.ledger.RaiseGenerations();
  std::set<AppName> touched = state.ledger.TakeTouchedApps();
  const std::vector<EventRow> events = state.ledger.model().new_events;
  absl::Status committed;
  if (state.ledger.Dirty()) committed = state.store.Commit(state.ledger.mutable_model());
  if (!committed.ok()) CommitFailed(committed);

  Outbox outbox = std::exchange(state.outbox, {});
  if (committed.ok()) {
    state.sessions.CommitTaken(outbox.reports);
    if (state.read_only_reason.empty()) {
      state.unwritten_acks.clear();
      state.unwritten_reports.clear();
    }
  } else {
    state.sessions.RevokeTaken(outbox.reports);
  }
  for (auto& reply : outbox.replies) reply(committed);
  if (committed.ok()) {
    for (auto& send : outbox.sends) send();
    OfferAssignments();
  }
  for (auto& read : outbox.reads) read();
  // Those that are looked at again soon are told of then.
  for (const auto* later : {&more, &postponed}) {
    for (const AppName& app : *later) touched.erase(app);
  }
  if (committed.ok()) TellWatchers(touched, events);
  admitted.clear();
  for (const AppName& app : more) state.ledger.TouchApp(app);
}

void Core::Impl::CommitFailed(const absl::Status& failed) {
  Log(LogLevel::kError, "store_read_only", {{"error", Message(failed)}});
  state.read_only_reason = Message(failed);
  state.next_probe = state.now + state.options.read_only_retry;
  // What was not written was not decided either.
  Model model;
  const absl::Status loaded = state.store.Load(&model);
  if (!loaded.ok()) {
    Log(LogLevel::kError, "store_unreadable", {{"error", Message(loaded)}});
    QS_CHECK(loaded.ok());  // going on without the truth would be worse than a restart
  }
  state.ledger.Reset(std::move(model));
  // Agents that were admitted in this turn come again.
  for (const SessionId session : admitted) {
    const HostId* host = state.sessions.HostOf(session);
    if (host == nullptr) continue;
    const HostId id = *host;
    state.sessions.End(id);
    state.fleet.Close(
        session, Unavailable("the controller cannot write its database now: " + Message(failed)));
  }
}

void Core::Impl::TryWriting() {
  const absl::Status probed = state.store.ProbeWrite();
  if (!probed.ok()) {
    state.read_only_reason = Message(probed);
    state.next_probe = state.now + state.options.read_only_retry;
    return;
  }
  Log(LogLevel::kWarn, "store_writable");
  state.Event(
      event_kind::kStoreWritable,
      {.message = "the database can be written again; it could not be: " + state.read_only_reason});
  state.read_only_reason.clear();
  for (auto& [host, ack] : std::exchange(state.unwritten_acks, {})) TakeAck(std::move(ack));
  for (auto& [host, report] : std::exchange(state.unwritten_reports, {})) {
    TakeReport(std::move(report));
  }
  ResumeApps();
}

// To every host whose agent is known to have an older one (R2).
void Core::Impl::OfferAssignments() {
  std::set<HostId> candidates = state.ledger.TakeRaisedHosts();
  for (const SessionId session : admitted) {
    if (const HostId* host = state.sessions.HostOf(session)) candidates.insert(*host);
  }
  candidates.merge(std::exchange(state.to_offer, {}));
  for (const HostId& id : candidates) {
    const HostRow* row = state.ledger.FindHost(id);
    if (row == nullptr) continue;
    HostPresence& presence = state.sessions.At(id);
    if (!presence.session.has_value()) continue;
    if (presence.session->offered >= row->generation) continue;
    presence.session->offered = row->generation;
    state.fleet.Offer(presence.session->id, std::make_shared<const Assignment>(
                                                BuildAssignment(state.ledger, id, state.specs)));
  }
}

void Core::Impl::TellWatchers(const std::set<AppName>& touched,
                              const std::vector<EventRow>& events) {
  for (const AppName& app : state.watchers.WatchedAmong(touched)) {
    state.watchers.TellStatus(ViewStatus(state, app));
  }
  if (!events.empty()) state.watchers.TellEvents(events);
}

MonoTime Core::Impl::NextTurn() {
  if (again) return state.now;
  MonoTime next = state.commands.next_deadline();
  if (state.backup.active()) next = std::min(next, state.now + kBackupPause);
  if (!state.read_only_reason.empty()) return std::min(next, state.next_probe);
  next = std::min({next, state.sessions.next_due(), state.next_pruning});
  if (state.breaker.closes_at > state.now) next = std::min(next, state.breaker.closes_at);
  for (const auto& [app, at] : state.next_step) {
    if (!postponed.contains(app)) next = std::min(next, At(at));
  }
  for (const AppName& app : state.unsettled) {
    if (!postponed.contains(app)) return state.now;
  }
  for (const AppName& app : postponed) next = std::min(next, next_look.at(app));
  return next;
}

// ---- the door ----

Core::Core(CoreOptions options, Clock& clock, Random& random, Store& store, Fleet& fleet)
    : impl_(std::make_unique<Impl>(std::move(options), clock, random, store, fleet)) {}
Core::~Core() = default;

absl::Status Core::Start() { return impl_->Start(); }
MonoTime Core::Turn(std::vector<CoreEvent> events) { return impl_->Turn(std::move(events)); }
const Model& Core::model() const { return impl_->state.ledger.model(); }

}  // namespace quayside::controller
