#include "controller/core/requests_in.h"

#include <utility>

#include "common/base/status.h"
#include "controller/core/answered.h"
#include "controller/core/apps.h"
#include "controller/core/host_verbs.h"
#include "controller/core/recovery.h"
#include "controller/core/views.h"

namespace quayside::controller {
namespace {

using Fields = std::vector<std::string>;

// ---- results as they are stored with their request ----
Fields ToFields(const ChangeResult& result) {
  Fields fields = {std::to_string(result.revision), result.rollout.value,
                   result.nothing_to_do ? "1" : ""};
  fields.insert(fields.end(), result.warnings.begin(), result.warnings.end());
  return fields;
}
ChangeResult FromFields(const Fields& fields, std::type_identity<ChangeResult>) {
  ChangeResult result;
  result.revision = std::stoll(fields.at(0));
  result.rollout = RolloutId(fields.at(1));
  result.nothing_to_do = !fields.at(2).empty();
  result.warnings.assign(fields.begin() + 3, fields.end());
  return result;
}
Fields ToFields(const std::vector<std::string>& result) { return result; }
std::vector<std::string> FromFields(const Fields& fields,
                                    std::type_identity<std::vector<std::string>>) {
  return fields;
}
Fields ToFields(const HostId& result) { return {result.value}; }
HostId FromFields(const Fields& fields, std::type_identity<HostId>) { return HostId(fields.at(0)); }
Fields ToFields(std::monostate) { return {}; }
std::monostate FromFields(const Fields&, std::type_identity<std::monostate>) { return {}; }

// Answers `done` after the commit with `result`, or with why it could not be written.
template <typename T>
void Reply(CoreState& state, Answer<T> done, absl::StatusOr<T> result) {
  state.outbox.replies.push_back(
      [done = std::move(done), result = std::move(result)](const absl::Status& committed) mutable {
        if (result.ok() && !committed.ok()) return done(committed);
        done(std::move(result));
      });
}

// A change: once per request id, not while the database cannot be written.
template <typename T, typename R, typename Act>
void Change(CoreState& state, R request, const std::string& method, Act act) {
  if (!state.read_only_reason.empty()) {
    return Reply<T>(
        state, std::move(request.done),
        ResourceExhausted("nothing was changed: the controller's database cannot be "
                          "written (" +
                          state.read_only_reason + "); free disk space, then try again"));
  }
  const auto answered = FindAnswer(state, request.caller, method);
  if (!answered.ok()) return Reply<T>(state, std::move(request.done), answered.status());
  if (answered->has_value()) {
    return Reply<T>(state, std::move(request.done),
                    FromFields(**answered, std::type_identity<T>()));
  }
  absl::StatusOr<T> result = act(state, request);
  if (result.ok()) StoreAnswer(state, request.caller, method, ToFields(*result));
  Reply<T>(state, std::move(request.done), std::move(result));
}

// A read, after the commit.
template <typename R, typename View>
void Read(CoreState& state, R request, View view) {
  state.outbox.reads.push_back([&state, request = std::move(request), view]() mutable {
    auto done = std::move(request.done);
    done(view(state, request));
  });
}

VersionView ViewVersion(const CoreState& state) {
  const FleetRow& fleet = state.ledger.fleet();
  return {fleet.fleet, fleet.epoch, !state.read_only_reason.empty(), state.read_only_reason,
          !fleet.recovery_reason.empty()};
}

absl::StatusOr<AppStatusView> ReadStatus(const CoreState& state, const GetStatus& request) {
  if (state.ledger.FindApp(request.app) == nullptr) {
    return NotFound("there is no status of " + request.app.value +
                    ": there is no such app; `ctl ls` lists them");
  }
  return ViewStatus(state, request.app);
}

absl::StatusOr<std::vector<EventRow>> ReadEvents(CoreState& state, const ListEvents& request) {
  const int32_t limit = request.limit <= 0 ? 100 : std::min(request.limit, 1000);
  return state.store.Events(request.app, request.host, InstanceId(), request.after_id, limit);
}

void TakeLabels(CoreState& state, LabelHost request) {
  static constexpr char kMethod[] = "host label";
  auto done = std::move(request.done);
  if (!state.read_only_reason.empty()) {
    return Reply<HostView>(state, std::move(done),
                           ResourceExhausted("nothing was changed: the controller's database "
                                             "cannot be written (" +
                                             state.read_only_reason + ")"));
  }
  const auto answered = FindAnswer(state, request.caller, kMethod);
  if (!answered.ok()) return Reply<HostView>(state, std::move(done), answered.status());
  absl::StatusOr<HostRow> row;
  if (answered->has_value()) {
    // Done before: the answer is the host as it is now.
    const HostRow* now = state.ledger.FindHost(HostId((*answered)->at(0)));
    row = now != nullptr ? absl::StatusOr<HostRow>(*now)
                         : NotFound("host " + request.host + " was removed since it was labelled");
  } else {
    row = Label(state, request);
    if (row.ok()) StoreAnswer(state, request.caller, kMethod, {row->id.value});
  }
  if (!row.ok()) return Reply<HostView>(state, std::move(done), row.status());
  Reply<HostView>(state, std::move(done), ViewHost(state, *row));
}

void Watch(CoreState& state, StartWatch request) {
  state.outbox.reads.push_back([&state, request = std::move(request)]() mutable {
    const Watcher& watcher = request.watcher;
    const AppName app(watcher.app);
    const bool wants_old = watcher.events && watcher.after_event >= 0;
    absl::StatusOr<std::vector<EventRow>> events = std::vector<EventRow>();
    if (wants_old) {
      events = state.store.Events(watcher.event_app, watcher.event_host, InstanceId(),
                                  watcher.after_event, 1000);
    }
    absl::Status added = events.status();
    if (added.ok()) added = state.watchers.Add(request.id, std::move(request.watcher));
    if (!added.ok()) return request.done(added);
    request.done(std::monostate());
    state.watchers.TellEventsTo(request.id, *events);
    if (!app.empty()) state.watchers.TellStatusTo(request.id, ViewStatus(state, app));
  });
}

void Backup(CoreState& state, StartBackup request) {
  state.outbox.reads.push_back([&state, request = std::move(request)]() mutable {
    state.backup.Begin(
        state.store, std::move(request),
        state.options.temporary_directory + "/quayside-backup-" + state.random.Base32(10));
  });
}

// One member per kind of request.
struct Take {
  CoreState& state;

  void operator()(GetVersion r) {
    Read(state, std::move(r), [](auto& s, auto&) { return ViewVersion(s); });
  }
  void operator()(ListHosts r) {
    Read(state, std::move(r), [](auto& s, auto&) { return ViewHosts(s); });
  }
  void operator()(ListApps r) {
    Read(state, std::move(r), [](auto& s, auto&) { return ViewApps(s); });
  }
  void operator()(ListInstances r) { Read(state, std::move(r), ViewInstances); }
  void operator()(GetStatus r) { Read(state, std::move(r), ReadStatus); }
  void operator()(GetHistory r) {
    Read(state, std::move(r), [](auto& s, auto& q) { return ViewHistory(s, q.app); });
  }
  void operator()(InspectApp r) {
    Read(state, std::move(r), [](auto& s, auto& q) { return ViewRevision(s, q.app, q.revision); });
  }
  void operator()(InspectInstance r) {
    Read(state, std::move(r), [](auto& s, auto& q) { return ViewInstanceDetails(s, q.instance); });
  }
  void operator()(Explain r) {
    Read(state, std::move(r), [](auto& s, auto& q) { return ViewExplanation(s, q.app, q.host); });
  }
  void operator()(ListEvents r) { Read(state, std::move(r), ReadEvents); }
  void operator()(GetRecovery r) {
    Read(state, std::move(r), [](auto& s, auto&) { return ViewRecovery(s); });
  }
  void operator()(RunDoctor r) {
    Read(state, std::move(r), [](auto& s, auto& q) { return ViewFindings(s, q.host); });
  }
  void operator()(PlanApp r) { Read(state, std::move(r), ViewPlan); }
  void operator()(TakeTicket r) {
    if (!state.read_only_reason.empty()) {
      return Reply<int64_t>(
          state, std::move(r.done),
          ResourceExhausted("nothing was changed: the controller's database "
                            "cannot be written (" +
                            state.read_only_reason + "); free disk space, then try again"));
    }
    const absl::Status known =
        r.app.empty() ? absl::OkStatus() : CheckDeployable(state, r.app, r.services);
    Reply<int64_t>(state, std::move(r.done),
                   known.ok() ? absl::StatusOr<int64_t>(NextTicket(state)) : known);
  }
  void operator()(ApplyApp r) { Change<ChangeResult>(state, std::move(r), "apply", Apply); }
  void operator()(DeployImages r) { Change<ChangeResult>(state, std::move(r), "deploy", Deploy); }
  void operator()(ScaleService r) { Change<ChangeResult>(state, std::move(r), "scale", Scale); }
  void operator()(RestartServices r) {
    Change<ChangeResult>(state, std::move(r), "restart", Restart);
  }
  void operator()(SetStopped r) { Change<ChangeResult>(state, std::move(r), "stop", StopOrStart); }
  void operator()(RollbackApp r) {
    Change<ChangeResult>(state, std::move(r), "rollback", Rollback);
  }
  void operator()(RemoveApp r) { Change<ChangeResult>(state, std::move(r), "rm", Remove); }
  void operator()(MoveSlot r) { Change<ChangeResult>(state, std::move(r), "move", Move); }
  void operator()(LabelHost r) { TakeLabels(state, std::move(r)); }
  void operator()(RemoveHost r) {
    Change<std::monostate>(state, std::move(r), "host rm", RemoveFromFleet);
  }
  void operator()(ConfirmHost r) {
    Change<std::vector<std::string>>(state, std::move(r), "host confirm", Confirm);
  }
  void operator()(AdoptHost r) { Change<HostId>(state, std::move(r), "host adopt", Adopt); }
  void operator()(AcceptRecovery r) {
    Change<std::vector<std::string>>(state, std::move(r), "recovery accept",
                                     [](CoreState& s, const AcceptRecovery& q) {
                                       return AcceptApps(s, AppName(q.app), q.caller.by);
                                     });
  }
  void operator()(CollectGarbage r) { StartGarbageCollection(state, std::move(r)); }
  void operator()(StartWatch r) { Watch(state, std::move(r)); }
  void operator()(StopWatch r) { state.watchers.Remove(r.id); }
  void operator()(StartBackup r) { Backup(state, std::move(r)); }
};

}  // namespace

void TakeRequest(CoreState& state, Request request) { std::visit(Take{state}, std::move(request)); }

}  // namespace quayside::controller
