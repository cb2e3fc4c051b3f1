// Engine calls of the agent and what their answers change. Decisions are elsewhere (plan.h).
#include <algorithm>
#include <utility>

#include "agent/agent_impl.h"
#include "agent/execute.h"
#include "agent/labels.h"
#include "agent/restart.h"
#include "common/base/backoff.h"
#include "common/base/log.h"
#include "common/base/status.h"
#include "common/model/event_kind.h"

namespace quayside::agent {
namespace {

constexpr absl::Duration kListRetry = absl::Seconds(1);
constexpr absl::Duration kFactsRetry = absl::Seconds(5);
// What is changed by hand again and again is put right more and more slowly.
constexpr Backoff kDriftBackoff = {absl::Seconds(1), absl::Minutes(5)};
constexpr absl::Duration kDriftForgotten = absl::Minutes(10);
// How often the progress of pulls is told.
constexpr absl::Duration kProgressPeriod = absl::Seconds(1);
constexpr double kPullJitter = 0.5;  // hosts that failed together do not come back together

// Events that say nothing about a container's state.
bool TellsNothing(const std::string& action) {
  for (const char* prefix : {"exec_", "top", "attach", "detach", "resize", "export", "archive",
                             "extract", "commit", "copy", "prune"}) {
    if (action.rfind(prefix, 0) == 0) return true;
  }
  return false;
}

bool IsContainerAction(Action::Kind kind) {
  switch (kind) {
    case Action::Kind::kStop:
    case Action::Kind::kDisarm:
    case Action::Kind::kArm:
    case Action::Kind::kUnpause:
    case Action::Kind::kStart:
    case Action::Kind::kRename:
    case Action::Kind::kSetLimits:
    case Action::Kind::kConnectNetwork:
    case Action::Kind::kRemove:
      return true;
    case Action::Kind::kInspectImage:
    case Action::Kind::kPullImage:
    case Action::Kind::kEnsureNetwork:
    case Action::Kind::kEnsureVolume:
    case Action::Kind::kCreate:
    case Action::Kind::kReadLogs:
    case Action::Kind::kListNetworks:
    case Action::Kind::kListVolumes:
    case Action::Kind::kRemoveNetwork:
    case Action::Kind::kRemoveVolume:
    case Action::Kind::kRemoveImage:
      return false;
  }
  return false;
}

// True when one of the image's repository digests is the digest that `image` names.
bool HasDigest(const ImageDetail& detail, const std::string& image) {
  const size_t at = image.rfind('@');
  if (at == std::string::npos) return false;
  const std::string digest = image.substr(at);
  return std::any_of(
      detail.repo_digests.begin(), detail.repo_digests.end(), [&](const std::string& known) {
        return known.size() >= digest.size() &&
               known.compare(known.size() - digest.size(), digest.size(), digest) == 0;
      });
}

}  // namespace

void Agent::Impl::Submit(Call call, EngineCall engine_call) {
  const uint64_t number = ++last_call;
  calls.emplace(number, std::move(call));
  engine.Submit(std::move(engine_call), [submit = submit, number](EngineReply reply) {
    submit(EngineReplied{.call = number, .reply = std::move(reply)});
  });
}

void Agent::Impl::Relist(bool every) {
  list_every = list_every || every;
  relist_at = now + random.Jitter(options.relist_period, kPeriodJitter);
  const bool under_way = std::any_of(calls.begin(), calls.end(), [](const auto& entry) {
    return entry.second.kind == Call::Kind::kList;
  });
  if (under_way) return;
  Call call;
  call.kind = Call::Kind::kList;
  Submit(std::move(call), ListContainers{.label = kFleetLabel});
}

void Agent::Impl::RequestInspect(const std::string& container, const std::string& release) {
  const auto [it, fresh] = inspections.try_emplace(container);
  if (!release.empty()) it->second.release = release;
  if (!fresh) {
    it->second.again = true;
    return;
  }
  Call call;
  call.kind = Call::Kind::kInspect;
  call.container = container;
  Submit(std::move(call), InspectContainer{.container = container});
}

void Agent::Impl::Perform(const Action& action) {
  std::optional<EngineCall> engine_call = CallFor(action, Input());
  if (!engine_call) return;
  Log(LogLevel::kDebug, "action_planned", {{"action", Format(action)}});
  if (action.kind == Action::Kind::kStop) observation.NoteStopOrdered(action.instance);
  if (action.kind == Action::Kind::kStart) {
    const auto record = records.find(action.slot);
    const bool unhealthy = record != records.end() && record->second.committed == action.instance &&
                           record->second.unhealthy_run != absl::InfinitePast();
    observation.NoteStartOrdered(action.instance, unhealthy);
  }
  busy.emplace(BusyKey(action), action.kind);
  Call call;
  call.kind = Call::Kind::kAction;
  call.action = action;
  if (const auto* ensure = std::get_if<EnsureNetwork>(&*engine_call))
    call.network = ensure->network;
  Submit(std::move(call), *std::move(engine_call));
}

void Agent::Impl::NoteEngineLost(const std::string& reason) {
  facts.reachable = false;
  facts.unreachable_reason = reason;
  observation.Lose();
  relist_at = MonoTime::Never();
  facts_at = MonoTime::Never();
  if (engine_lost_said) return;
  engine_lost_said = true;
  Note(event_kind::kEngineLost, {}, {}, "the container engine cannot be asked: " + reason);
}

void Agent::Impl::Handle(const EngineChanged& event) {
  const EngineEvent& change = event.event;
  switch (change.kind) {
    case EngineEvent::Kind::kConnected: {
      // Images, networks and volumes may be other ones behind the same socket.
      images.clear();
      networks.clear();
      volumes.clear();
      watching_since = now;
      observation.Lose();
      AskFacts();
      Relist(true);
      return;
    }
    case EngineEvent::Kind::kDisconnected:
      return NoteEngineLost(change.reason);
    case EngineEvent::Kind::kPullProgress:
      if (now >= progress_at) {
        progress_at = now + kProgressPeriod;
        pull_progress[change.image] = change.progress;
      }
      return;
    case EngineEvent::Kind::kContainer:
      break;
  }
  if (change.container.empty() || TellsNothing(change.action)) return;
  const bool known = !observation.FindById(change.container).empty();
  if (!known && !change.labels.contains(kInstanceLabel)) return;
  if (change.action == "start") observation.NoteStart(change.container);
  if (change.action == "kill") return observation.NoteKill(change.container);
  if (change.action == "destroy") {
    const Change gone = observation.Forget(change.container);
    NoteChange(gone);
    return;
  }
  // What was asked of it was asked when it was there.
  if (change.action == "create" && inspections.contains(change.container)) return;
  // A call of ours on it is under way: it is looked at afterwards. One that is being made is known
  // by its label alone.
  InstanceId instance = observation.FindById(change.container);
  if (!known) {
    instance = InstanceId(change.labels.at(kInstanceLabel));
    if (busy.contains(BusyKeyOfInstance(instance))) made[instance] = change.container;
  }
  if (busy.contains(BusyKeyOfInstance(instance)) && !inspections.contains(change.container)) return;
  if (change.action == "die" && RestartsItself(change.container)) {
    NoteChange(observation.FoldExit(change.container, change.exit_code, now, wall));
    ended.insert(change.container);
    return;
  }
  RequestInspect(change.container, "");
}

bool Agent::Impl::RestartsItself(const std::string& container) const {
  const auto found = observation.containers().find(observation.FindById(container));
  if (found == observation.containers().end() || inspections.contains(container)) return false;
  const Container& known = found->second;
  const auto record = records.find(known.identity.slot);
  // A candidate's end is a verdict: that is never taken from an event alone.
  const bool committed =
      record != records.end() && record->second.committed == known.identity.instance;
  return committed && !known.armed() && known.state() == ContainerState::kRunning;
}

void Agent::Impl::InspectEnded() {
  for (const std::string& container : std::exchange(ended, {})) {
    // A call of ours ends with an inspection.
    if (busy.contains(BusyKeyOfInstance(observation.FindById(container)))) continue;
    RequestInspect(container, "");
  }
}

void Agent::Impl::Handle(const EngineReplied& event) {
  const auto found = calls.find(event.call);
  if (found == calls.end()) return;
  const Call call = std::move(found->second);
  calls.erase(found);
  switch (call.kind) {
    case Call::Kind::kFacts:
      return FoldFacts(event.reply);
    case Call::Kind::kList:
      return FoldList(event.reply);
    case Call::Kind::kInspect:
      return FoldInspection(call.container, event.reply);
    case Call::Kind::kImages:
      return FoldImages(event.reply);
    case Call::Kind::kAction:
      return FoldAction(call, event.reply);
  }
}

void Agent::Impl::FoldFacts(const EngineReply& reply) {
  if (!reply.ok()) {
    NoteEngineLost(Message(reply.status()));
    facts_at = now + kFactsRetry;  // the event stream may still be open, and say nothing
    return;
  }
  facts = std::get<EngineFacts>(*reply);
  facts.reachable = true;
  if (engine_lost_said) Note(event_kind::kEngineBack, {}, {}, "the container engine answers again");
  engine_lost_said = false;
  SayHello();
  if (!observation.listed()) Relist(true);
  if (observation.known()) CleanByDiskLevel();
}

void Agent::Impl::FoldList(const EngineReply& reply) {
  if (!reply.ok()) {
    Log(LogLevel::kWarn, "list_failed", {{"error", Message(reply.status())}});
    list_every = true;
    relist_at = now + kListRetry;
    return;
  }
  std::vector<Change> changes;
  const std::vector<std::string> inspect =
      observation.FoldList(std::get<std::vector<ContainerRow>>(*reply), list_every, changes);
  list_every = false;
  for (const Change& change : changes) NoteChange(change);
  for (const std::string& container : inspect) RequestInspect(container, "");
  for (const auto& [container, key] : std::exchange(unseen, {})) RequestInspect(container, key);
}

void Agent::Impl::FoldInspection(const std::string& container, const EngineReply& reply) {
  const auto found = inspections.find(container);
  const Inspection inspection = found == inspections.end() ? Inspection{} : found->second;
  inspections.erase(container);
  if (reply.ok()) {
    NoteChange(observation.FoldDetail(std::get<ContainerDetail>(*reply), now, wall));
  } else if (absl::IsNotFound(reply.status())) {
    NoteChange(observation.Forget(container));
  } else {
    list_every = true;
    relist_at = std::min(relist_at, now + kListRetry);
  }
  if (inspection.again) return RequestInspect(container, inspection.release);
  if (inspection.release.empty()) return;
  if (reply.ok() || absl::IsNotFound(reply.status())) {
    Release(inspection.release);
  } else {
    unseen[container] = inspection.release;
  }
}

void Agent::Impl::NoteChange(const Change& change) {
  const bool ours = busy.contains(BusyKeyOfInstance(change.instance));
  if (change.kind == Change::Kind::kVanished && !ours) {
    Note(event_kind::kContainerRemoved, change.slot, change.instance, "it is gone from the engine");
  }
  if (change.exits > 0) NoteExit(change);
  if (change.kind == Change::Kind::kStarted && !ours) {
    Note(event_kind::kContainerStarted, change.slot, change.instance, "the engine started it");
  }
}

void Agent::Impl::NoteExit(const Change& change) {
  Note(event_kind::kContainerExited, change.slot, change.instance,
       "exited with code " + std::to_string(change.exit_code));
  const auto record = records.find(change.slot);
  if (record == records.end() || record->second.committed != change.instance || !change.judged) {
    return;
  }
  RestartSpec policy;
  if (const auto container = observation.containers().find(change.instance);
      container != observation.containers().end()) {
    const auto spec = assignment.specs.find(container->second.identity.spec);
    if (spec != assignment.specs.end()) policy = spec->second.restart;
  }
  const bool before = record->second.taken_over;
  NoteExits(record->second, policy, change.exits, wall, change.ran);
  if (!before && record->second.taken_over) {
    Note(event_kind::kCrashLoopEntered, change.slot, change.instance,
         "it ended 5 times in 10 minutes; the agent restarts it, slowly");
  }
  if (absl::Status saved = state.SaveRecord(record->second); !saved.ok()) {
    Log(LogLevel::kWarn, "record_not_written", {{"error", Message(saved)}});
  }
}

std::string Agent::Impl::ContainerOf(const Action& action) const {
  if (action.kind != Action::Kind::kConnectNetwork) return action.object;
  const auto container = observation.containers().find(action.instance);
  return container == observation.containers().end() ? "" : container->second.id();
}

void Agent::Impl::FoldAction(const Call& call, const EngineReply& reply) {
  const std::string key = BusyKey(call.action);
  if (call.action.kind == Action::Kind::kPullImage) pull_progress.erase(call.action.object);
  if (reply.ok()) {
    troubles.erase(key);
    FoldDone(call, *reply);
  } else {
    // That an image is not there is what is asked for before a pull.
    const bool not_there =
        call.action.kind == Action::Kind::kInspectImage && absl::IsNotFound(reply.status());
    Log(not_there ? LogLevel::kDebug : LogLevel::kWarn, "action_failed",
        {{"action", Format(call.action)}, {"error", Message(reply.status())}});
    FoldFailed(call, reply.status());
  }
  // Another call may have changed what this one told of: a container is looked at after each call,
  // and stays busy until then.
  const bool policy_done = reply.ok() && (call.action.kind == Action::Kind::kArm ||
                                          call.action.kind == Action::Kind::kDisarm);
  const bool removed = call.action.kind == Action::Kind::kRemove && reply.ok();
  if (call.action.kind == Action::Kind::kCreate) {
    // A create that failed may have been carried out all the same: its event told so.
    const auto told = made.extract(call.action.instance);
    if (reply.ok()) return RequestInspect(std::get<Created>(*reply).id, key);
    if (!told.empty()) return RequestInspect(told.mapped(), key);
  }
  if (IsContainerAction(call.action.kind) && !policy_done && !removed) {
    const std::string container = ContainerOf(call.action);
    if (!container.empty()) return RequestInspect(container, key);
  }
  Release(key);
}

void Agent::Impl::FoldDone(const Call& call, const EngineAnswer& answer) {
  const Action& action = call.action;
  if (!action.drift.empty()) {
    NoteDriftHealed(action.instance);
    Note(event_kind::kDriftHealed, action.slot, action.instance,
         action.drift + " by hand; put right");
  }
  switch (action.kind) {
    case Action::Kind::kStop:
      return Note(event_kind::kContainerStopped, action.slot, action.instance, action.why);
    case Action::Kind::kStart:
      return Note(event_kind::kContainerStarted, action.slot, action.instance, action.why);
    case Action::Kind::kCreate:
      return Note(event_kind::kContainerCreated, action.slot, action.instance, action.why);
    case Action::Kind::kArm:
      return observation.NotePolicy(action.instance, ArmedPolicy::kUnlessStopped);
    case Action::Kind::kDisarm:
      return observation.NotePolicy(action.instance, ArmedPolicy::kNo);
    case Action::Kind::kRemove:
      observation.Forget(action.object);
      logs_read.erase(action.instance);
      return Note(event_kind::kContainerRemoved, action.slot, action.instance, action.why);
    case Action::Kind::kInspectImage: {
      const ImageDetail& detail = std::get<ImageDetail>(answer);
      images[action.object] = {.local = HasDigest(detail, action.object), .detail = detail};
      return;
    }
    case Action::Kind::kPullImage:
      images.erase(action.object);  // verified by looking at it
      KeepLedger(action.object);
      return Note(event_kind::kImagePulled, action.slot, {}, action.object);
    case Action::Kind::kEnsureNetwork:
      networks.push_back({.spec = call.network, .id = std::get<Created>(answer).id});
      return;
    case Action::Kind::kEnsureVolume:
      volumes.insert(action.object);
      return;
    case Action::Kind::kReadLogs:
      return FoldLogs(action, std::get<LogText>(answer).text);
    case Action::Kind::kListNetworks: {
      const auto& names = std::get<std::vector<std::string>>(answer);
      leftovers[action.slot.app].networks = std::set<std::string>(names.begin(), names.end());
      leftovers[action.slot.app].networks_listed = true;
      return;
    }
    case Action::Kind::kListVolumes: {
      const auto& names = std::get<std::vector<std::string>>(answer);
      leftovers[action.slot.app].volumes = std::set<std::string>(names.begin(), names.end());
      leftovers[action.slot.app].volumes_listed = true;
      return;
    }
    case Action::Kind::kRemoveNetwork:
      networks.clear();
      leftovers[action.slot.app].networks.erase(action.object);
      return;
    case Action::Kind::kRemoveVolume:
      volumes.erase(action.object);
      leftovers[action.slot.app].volumes.erase(action.object);
      return;
    case Action::Kind::kRemoveImage:
      FoldImageRemoval(action.object, absl::OkStatus());
      return Note(event_kind::kImageRemoved, {}, {}, action.object + ": nothing needs it");
    case Action::Kind::kUnpause:
    case Action::Kind::kRename:
    case Action::Kind::kSetLimits:
    case Action::Kind::kConnectNetwork:
      return;
  }
}

void Agent::Impl::NoteDriftHealed(const InstanceId& instance) {
  Trouble& again = troubles[DriftKey(instance)];
  if (now - again.retry_at > kDriftForgotten) again.failures = 0;
  again.retry_at = now + kDriftBackoff.After(++again.failures);
}

void Agent::Impl::FoldFailed(const Call& call, const absl::Status& status) {
  const Action& action = call.action;
  const bool gone = absl::IsNotFound(status);
  if (action.kind == Action::Kind::kInspectImage && gone) {
    images[action.object] = ImageFact{};
    return;
  }
  if (action.kind == Action::Kind::kRemoveImage) return FoldImageRemoval(action.object, status);
  if (action.kind == Action::Kind::kRemove && gone) {
    observation.Forget(action.object);
    return;
  }
  if (action.kind == Action::Kind::kReadLogs) {
    logs_read.insert(action.instance);
    return;
  }
  const bool leftover =
      action.kind == Action::Kind::kRemoveNetwork || action.kind == Action::Kind::kRemoveVolume;
  if (leftover && (gone || absl::IsFailedPrecondition(status))) {
    // Gone already, or somebody else uses it: then it is not only the app's.
    leftovers[action.slot.app].networks.erase(action.object);
    leftovers[action.slot.app].volumes.erase(action.object);
    return;
  }
  const std::string key = BusyKey(action);
  Trouble trouble = TroubleFrom(action, status, troubles[key], now);
  if (action.kind == Action::Kind::kPullImage) {
    trouble.retry_at = now + random.Jitter(trouble.retry_at - now, kPullJitter);
    Note(event_kind::kImagePullFailed, action.slot, {}, trouble.reason);
  }
  if (absl::IsResourceExhausted(status)) AskFacts();  // perhaps the disk is full: clean up
  if (action.kind == Action::Kind::kCreate) {
    images.clear();  // what it is made from may have been taken away meanwhile
    networks.clear();
    volumes.clear();
    Relist(true);  // perhaps it was made all the same
  }
  troubles[key] = std::move(trouble);
}

void Agent::Impl::FoldLogs(const Action& action, const std::string& text) {
  logs_read.insert(action.instance);
  const auto record = records.find(action.slot);
  if (record == records.end()) return;
  for (Verdict& verdict : record->second.verdicts) {
    if (verdict.instance == action.instance) verdict.log_tail = text;
  }
  if (absl::Status saved = state.SaveRecord(record->second); !saved.ok()) {
    Log(LogLevel::kWarn, "record_not_written", {{"error", Message(saved)}});
  }
}

}  // namespace quayside::agent
