#include "controller/core/apps.h"

#include <algorithm>

#include "common/base/status.h"
#include "common/model/event_kind.h"
#include "common/model/validate.h"
#include "controller/core/history.h"
#include "controller/core/placement_input.h"
#include "controller/core/proposal.h"
#include "controller/core/rollouts.h"

namespace quayside::controller {
namespace {

absl::Status CheckChangeable(const CoreState& state, const AppName& app, int64_t ticket,
                             const std::string& what) {
  const AppRow* row = state.ledger.FindApp(app);
  if (row == nullptr) return absl::OkStatus();
  if (row->removing) {
    return FailedPrecondition("cannot " + what + ": " + app.value +
                              " is being removed; wait until `ctl ls` no longer lists it");
  }
  if (row->held) {
    return FailedPrecondition("cannot " + what + ": " + app.value +
                              " is held after the controller lost its newest state; look at `ctl "
                              "recovery status`, then `ctl recovery accept`");
  }
  if (ticket < row->ticket) {
    return Aborted("cannot " + what + ": superseded by a newer change of " + app.value);
  }
  return absl::OkStatus();
}

// What verbs begin from: what the app is to run now.
absl::StatusOr<const RevisionRow*> CurrentRevision(const CoreState& state, const AppName& app,
                                                   const std::string& what) {
  const RevisionRow* row = DesiredRevision(state.ledger, app);
  if (row == nullptr) {
    return NotFound("cannot " + what + ": there is no app " + app.value + "; `ctl ls` lists them");
  }
  return row;
}

absl::Status CheckService(const AppSpec& spec, const ServiceName& service,
                          const std::string& what) {
  if (service.empty() || FindService(spec, service) != nullptr) return absl::OkStatus();
  return NotFound("cannot " + what + ": " + spec.name.value + " has no service " + service.value);
}

// Is what this proposal asks for under way or in place already?
std::optional<ChangeResult> NothingToDo(const CoreState& state, const Proposal& proposal) {
  if (!proposal.same_spec) return std::nullopt;
  const RolloutRow* rollout = state.ledger.NewestRollout(proposal.revision.key.app);
  ChangeResult result;
  result.revision = DesiredRevision(state.ledger, proposal.revision.key.app)->key.number;
  result.warnings = proposal.warnings;
  if (rollout == nullptr) return std::nullopt;
  switch (rollout->state) {
    case RolloutState::kPending:
    case RolloutState::kPrepull:
    case RolloutState::kRunning:
    case RolloutState::kMonitoring:
      result.rollout = rollout->id;
      return result;
    case RolloutState::kSucceeded:
    case RolloutState::kRolledBack:
      if (!proposal.targets.empty()) return std::nullopt;
      break;
    case RolloutState::kPartial:
      for (const RolloutTarget& target : rollout->targets) {
        if (target.state == TargetState::kFailed || target.state == TargetState::kBack) {
          return std::nullopt;
        }
      }
      break;
    case RolloutState::kPaused:
    case RolloutState::kRollingBack:
    case RolloutState::kFailed:
    case RolloutState::kAborted:
    case RolloutState::kSuperseded:
      return std::nullopt;
  }
  result.nothing_to_do = true;
  return result;
}

// Keeps what registries told of the images that a stored revision uses.
void KeepImages(CoreState& state, const AppSpec& spec) {
  const auto keep = [&](const std::string& image) {
    const auto told = state.images.find(image);
    if (told != state.images.end()) state.ledger.PutImage(image, told->second);
  };
  for (const ServiceSpec& service : spec.services) {
    keep(service.container.image);
    for (const auto& [host, image] : service.host_images) keep(image);
  }
}

// Stores the proposal as the app's next revision and begins its rollout.
ChangeResult Accept(CoreState& state, Proposal proposal, const Caller& caller, std::string cause,
                    int64_t ticket) {
  const AppName app = proposal.revision.key.app;
  if (std::optional<ChangeResult> done = NothingToDo(state, proposal)) {
    // A change that was accepted before this one comes too late also when this one changes nothing
    // (R24).
    AppRow row = *state.ledger.FindApp(app);
    row.ticket = ticket;
    state.ledger.PutApp(std::move(row));
    KeepImages(state, proposal.revision.spec);
    return *std::move(done);
  }
  for (auto& [digest, row] : proposal.specs) state.ledger.PutSpec(digest, std::move(row));
  proposal.revision.cause = std::move(cause);
  proposal.revision.by = caller.by;
  proposal.revision.created_at = state.wall;
  AppRow row;
  if (const AppRow* known = state.ledger.FindApp(app)) row = *known;
  row.name = app;
  row.newest_revision = proposal.revision.key.number;
  row.ticket = ticket;
  ChangeResult result;
  result.revision = row.newest_revision;
  result.warnings = std::move(proposal.warnings);
  for (const std::string& undone : proposal.undone) {
    result.warnings.push_back("this undoes " + undone);
  }
  state.Event(event_kind::kRevisionCreated,
              {.app = app,
               .revision = result.revision,
               .message = "revision " + std::to_string(result.revision) + ": " +
                          proposal.revision.cause + " by " + caller.by});
  state.ledger.PutRevision(proposal.revision);
  KeepImages(state, proposal.revision.spec);
  state.ledger.PutApp(std::move(row));
  result.rollout =
      BeginRollout(state, proposal.revision, proposal.placement, ticket, /*new_attempt=*/true);
  return result;
}

// A verb's change of the current spec: no file, images as they are.
absl::StatusOr<ChangeResult> ChangeCurrent(CoreState& state, const Caller& caller, AppSpec spec,
                                           std::string cause) {
  QS_ASSIGN_OR_RETURN(Proposal proposal, Propose(state, std::move(spec), nullptr, false));
  return Accept(state, std::move(proposal), caller, std::move(cause), NextTicket(state));
}

}  // namespace

int64_t NextTicket(CoreState& state) {
  FleetRow fleet = state.ledger.fleet();
  const int64_t ticket = fleet.next_ticket++;
  state.ledger.PutFleet(std::move(fleet));
  return ticket;
}

absl::Status CheckDeployable(const CoreState& state, const AppName& app,
                             const std::vector<ServiceName>& services) {
  const std::string what = "deploy " + app.value;
  QS_ASSIGN_OR_RETURN(const RevisionRow* current, CurrentRevision(state, app, what));
  for (const ServiceName& service : services) {
    QS_RETURN_IF_ERROR(CheckService(current->spec, service, what));
  }
  return absl::OkStatus();
}

absl::StatusOr<ChangeResult> Apply(CoreState& state, const ApplyApp& request) {
  const std::string what = "apply " + request.spec.name.value;
  QS_RETURN_IF_ERROR(CheckChangeable(state, request.spec.name, request.ticket, what));
  QS_ASSIGN_OR_RETURN(Proposal proposal,
                      Propose(state, request.spec, &request.images, /*from_file=*/true));
  return Accept(state, std::move(proposal), request.caller,
                request.cause.empty() ? "apply" : request.cause, request.ticket);
}

absl::StatusOr<ChangeResult> Deploy(CoreState& state, const DeployImages& request) {
  const std::string what = "deploy " + request.app.value;
  QS_RETURN_IF_ERROR(CheckChangeable(state, request.app, request.ticket, what));
  QS_ASSIGN_OR_RETURN(const RevisionRow* current, CurrentRevision(state, request.app, what));
  if (!request.host.empty() && state.ledger.FindHostByName(request.host) == nullptr) {
    return NotFound("cannot " + what + ": there is no host " + request.host +
                    "; `ctl host ls` lists them");
  }
  AppSpec spec = current->spec;
  std::string cause = "deploy";
  for (const auto& [name, image] : request.images) {
    if (name.empty() && spec.services.size() != 1) {
      return InvalidArgument("cannot " + what + ": it has " + std::to_string(spec.services.size()) +
                             " services; say SERVICE=IMAGE for the one that is meant");
    }
    QS_RETURN_IF_ERROR(CheckService(spec, name, what));
    for (ServiceSpec& service : spec.services) {
      if (!name.empty() && service.name != name) continue;
      if (request.host.empty()) {
        service.container.image = image;
        service.container.image_tag.clear();
      } else {
        service.host_images[request.host] = image;
      }
      cause += " " + service.name.value + "=" + image;
    }
  }
  if (!request.host.empty()) cause += " --host " + request.host;
  QS_ASSIGN_OR_RETURN(Proposal proposal,
                      Propose(state, std::move(spec), &request.resolved, /*from_file=*/false));
  return Accept(state, std::move(proposal), request.caller, std::move(cause), request.ticket);
}

absl::StatusOr<ChangeResult> Scale(CoreState& state, const ScaleService& request) {
  const std::string what = "scale " + request.app.value + "/" + request.service.value;
  QS_RETURN_IF_ERROR(CheckChangeable(state, request.app, INT64_MAX, what));
  QS_ASSIGN_OR_RETURN(const RevisionRow* current, CurrentRevision(state, request.app, what));
  if (request.service.empty() || FindService(current->spec, request.service) == nullptr) {
    return NotFound("cannot " + what + ": there is no such service");
  }
  if (request.replicas < 0 || request.replicas > kMaxReplicas) {
    return InvalidArgument("cannot " + what + " to " + std::to_string(request.replicas) +
                           ": 0 to " + std::to_string(kMaxReplicas) + " replicas are possible");
  }
  AppSpec spec = current->spec;
  for (ServiceSpec& service : spec.services) {
    if (service.name != request.service) continue;
    if (service.mode == ServiceMode::kGlobal) {
      return InvalidArgument("cannot " + what +
                             ": it is global, one on every host that matches; constraints choose "
                             "hosts");
    }
    service.replicas = request.replicas;
    service.replicas_in_file = false;  // a later file that says replicas undoes this
  }
  return ChangeCurrent(state, request.caller, std::move(spec),
                       "scale " + request.service.value + "=" + std::to_string(request.replicas));
}

absl::StatusOr<ChangeResult> Restart(CoreState& state, const RestartServices& request) {
  const std::string what = "restart " + request.app.value;
  QS_RETURN_IF_ERROR(CheckChangeable(state, request.app, INT64_MAX, what));
  QS_ASSIGN_OR_RETURN(const RevisionRow* current, CurrentRevision(state, request.app, what));
  QS_RETURN_IF_ERROR(CheckService(current->spec, request.service, what));
  AppSpec spec = current->spec;
  for (ServiceSpec& service : spec.services) {
    if (request.service.empty() || service.name == request.service) {
      ++service.container.restart_counter;
    }
  }
  return ChangeCurrent(state, request.caller, std::move(spec),
                       request.service.empty() ? "restart" : "restart " + request.service.value);
}

absl::StatusOr<ChangeResult> StopOrStart(CoreState& state, const SetStopped& request) {
  const std::string verb = request.stopped ? "stop" : "start";
  const std::string what = verb + " " + request.app.value;
  QS_RETURN_IF_ERROR(CheckChangeable(state, request.app, INT64_MAX, what));
  QS_ASSIGN_OR_RETURN(const RevisionRow* current, CurrentRevision(state, request.app, what));
  QS_RETURN_IF_ERROR(CheckService(current->spec, request.service, what));
  AppSpec spec = current->spec;
  for (ServiceSpec& service : spec.services) {
    if (request.service.empty() || service.name == request.service) {
      service.stopped = request.stopped;
    }
  }
  return ChangeCurrent(state, request.caller, std::move(spec),
                       request.service.empty() ? verb : verb + " " + request.service.value);
}

absl::StatusOr<ChangeResult> Rollback(CoreState& state, const RollbackApp& request) {
  const std::string what = "roll back " + request.app.value;
  QS_RETURN_IF_ERROR(CheckChangeable(state, request.app, INT64_MAX, what));
  QS_ASSIGN_OR_RETURN(const RevisionRow* current, CurrentRevision(state, request.app, what));
  int64_t to = request.to;
  if (to == 0) {
    to = RevisionBefore(state.ledger, request.app);
    if (to == 0) {
      return FailedPrecondition("cannot " + what + ": no revision before " +
                                std::to_string(current->key.number) +
                                " succeeded; `ctl history` lists them, --to N names one");
    }
  }
  const RevisionRow* revision = state.ledger.FindRevision(request.app, to);
  if (revision == nullptr) {
    return NotFound("cannot " + what + " to revision " + std::to_string(to) +
                    ": there is none; `ctl history " + request.app.value + "` lists them");
  }
  return ChangeCurrent(state, request.caller, revision->spec, "rollback to " + std::to_string(to));
}

absl::StatusOr<ChangeResult> Move(CoreState& state, const MoveSlot& request) {
  const std::string what = "move " + ToString(request.slot) + " to " + request.to_host;
  QS_RETURN_IF_ERROR(CheckChangeable(state, request.slot.app, INT64_MAX, what));
  QS_ASSIGN_OR_RETURN(const RevisionRow* current, CurrentRevision(state, request.slot.app, what));
  const ServiceSpec* service = FindService(current->spec, request.slot.service);
  if (service == nullptr || request.slot.slot < 1 || request.slot.slot > service->replicas) {
    return NotFound("cannot " + what + ": there is no such slot");
  }
  if (service->mode == ServiceMode::kGlobal) {
    return InvalidArgument("cannot " + what +
                           ": the service is global, one on every host that "
                           "matches");
  }
  const HostRow* host = state.ledger.FindHostByName(request.to_host);
  if (host == nullptr) {
    return NotFound("cannot " + what + ": there is no such host; `ctl host ls` lists them");
  }
  for (const InstanceId& id : state.ledger.InstancesOf(request.slot.app)) {
    const Instance& instance = state.ledger.model().instances.Find(id)->desired;
    if (instance.slot == request.slot && instance.host == host->id) {
      return ChangeResult{.revision = current->key.number, .nothing_to_do = true};
    }
  }
  PlaceInput input = MakePlaceInput(state, current->spec);
  input.bindings[request.slot] = host->id;
  const Placement placement = Place(input);
  for (const UnplacedSlot& unplaced : placement.unplaced) {
    if (unplaced.slot == request.slot) {
      return FailedPrecondition("cannot " + what + ": " + unplaced.why.at(host->id));
    }
  }
  state.ledger.PutBinding(request.slot, {host->id, "moved there by " + request.caller.by});
  AppRow app = *state.ledger.FindApp(request.slot.app);
  app.ticket = NextTicket(state);
  const int64_t ticket = app.ticket;
  state.ledger.PutApp(std::move(app));
  state.Event(event_kind::kSlotMoved, {.app = request.slot.app,
                                       .host = host->name,
                                       .revision = current->key.number,
                                       .message = request.caller.by + " moves " +
                                                  ToString(request.slot) + " to " + host->name});
  const RevisionRow revision = *current;
  ChangeResult result{.revision = revision.key.number};
  if (LeavesData(state, *service, host->name)) {
    result.warnings.push_back(ToString(request.slot) +
                              " has data of its own: it stays on the old host and is not copied");
  }
  result.rollout = BeginRollout(state, revision, placement, ticket, /*new_attempt=*/false);
  return result;
}

}  // namespace quayside::controller
