#include "agent/agent.h"

#include <algorithm>

#include "agent/agent_impl.h"
#include "agent/execute.h"
#include "agent/intake.h"
#include "agent/labels.h"
#include "agent/report.h"
#include "agent/restart.h"
#include "common/base/log.h"
#include "common/base/status.h"
#include "common/model/event_kind.h"

namespace quayside::agent {
namespace {

constexpr absl::Duration kWriteRetry = absl::Seconds(5);
// A plan changes records at most a few times before it acts; more would be a loop of ours.
constexpr int kMaxPlansPerTurn = 16;

}  // namespace

Agent::Impl::Impl(AgentOptions options_in, Clock& clock_in, Random& random_in, FileStore& files_in,
                  Engine& engine_in, Prober& prober, Link& link_in,
                  std::function<void(AgentEvent)> submit_in)
    : options(options_in),
      clock(clock_in),
      random(random_in),
      engine(engine_in),
      link(link_in),
      submit(std::move(submit_in)),
      state(files_in),
      probes(prober, options_in.probe_first,
             [submit = submit](uint64_t probe, absl::Status result) {
               submit(ProbeAnswered{.probe = probe, .result = std::move(result)});
             }),
      reporter(link_in, random_in) {}

absl::Status Agent::Impl::Start() {
  now = clock.Now();
  wall = clock.Wall();
  watching_since = now;
  next_unhealthy_restart = now + kUnhealthySpacing;  // there may have been one just before
  QS_ASSIGN_OR_RETURN(LoadedState loaded, state.Load());
  for (const std::string& damage : loaded.damaged) {
    Note(event_kind::kStateFileDamaged, {}, {}, damage);
  }
  records = std::move(loaded.records);
  ledger = std::move(loaded.ledger);
  if (loaded.assignment) {
    assignment = *std::move(loaded.assignment);
    observation.SetIdentity(assignment.fleet, assignment.host);
  }
  SayHello();
  engine.Watch(
      [submit = submit](EngineEvent event) { submit(EngineChanged{.event = std::move(event)}); });
  return absl::OkStatus();
}

void Agent::Impl::SayHello() {
  HelloFacts hello{.epoch = assignment.epoch,
                   .generation = assignment.generation,
                   .spec_digests = {},
                   .engine = facts};
  for (const auto& [digest, spec] : assignment.specs) hello.spec_digests.push_back(digest);
  link.SetHello(std::move(hello));
}

void Agent::Impl::Note(const std::string& kind, const SlotKey& slot, const InstanceId& instance,
                       const std::string& message) {
  HostEvent event{.at = wall, .kind = kind, .slot = slot, .instance = instance, .message = message};
  const auto container = observation.containers().find(instance);
  if (container != observation.containers().end()) {
    event.revision = container->second.identity.revision;
  }
  for (const Instance& desired : assignment.instances) {
    if (desired.id == instance && !instance.empty()) event.revision = desired.revision;
  }
  Log(LogLevel::kInfo, kind,
      {{"app", slot.app.value},
       {"service", slot.service.value},
       {"instance", instance.value},
       {"message", message}});
  reporter.NoteEvent(std::move(event));
}

void Agent::Impl::Handle(const Connected& event) {
  observation.SetIdentity(event.fleet, event.host);
  if (!observation.listed() && facts.reachable) Relist(true);
  reporter.Begin(event.heartbeat_period, now);
}

void Agent::Impl::Handle(const Disconnected& event) {
  Log(LogLevel::kInfo, "session_ended", {{"error", event.reason}});
  reporter.End();
}

void Agent::Impl::Handle(HeartbeatAnswered event) {
  reporter.NoteAnswer(event.committed_report, event.heartbeat_period);
}

void Agent::Impl::Handle(const ProbeAnswered& event) {
  probes.NoteAnswer(event.probe, event.result, now);
}

void Agent::Impl::Handle(AssignmentReceived event) {
  const Assignment& received = event.assignment;
  const bool older =
      received.epoch == assignment.epoch && received.generation < assignment.generation;
  if (older) {
    Log(LogLevel::kWarn, "assignment_ignored", {{"generation", received.generation}});
    return;
  }
  std::set<SpecDigest> in_use;
  for (const auto& [id, container] : observation.containers()) {
    in_use.insert(container.identity.spec);
  }
  // Which containers there are is not known before the engine has told, nor while one is made.
  const bool making = std::any_of(busy.begin(), busy.end(), [](const auto& entry) {
    return entry.second == Action::Kind::kCreate;
  });
  if (!observation.known() || making) {
    for (const auto& [digest, spec] : assignment.specs) in_use.insert(digest);
  }
  Accepted accepted = Accept(assignment, std::move(event.assignment), in_use);
  Ack ack{.epoch = accepted.assignment.epoch,
          .generation = accepted.assignment.generation,
          .rejections = accepted.rejections,
          .error = ""};
  if (absl::Status saved = state.SaveAssignment(accepted.assignment); !saved.ok()) {
    ack.error = Message(saved);
    Note(event_kind::kStateNotWritten, {}, {}, ack.error);
    link.SendAck(std::move(ack));
    return;
  }
  for (const Rejection& rejection : accepted.rejections) {
    Note(event_kind::kAssignmentRejected, {.app = rejection.app}, {}, rejection.reason);
  }
  if (accepted.assignment != assignment) {
    // A new attempt: what was refused before is asked again.
    std::erase_if(troubles, [](const auto& entry) { return entry.second.definite; });
  }
  assignment = std::move(accepted.assignment);
  std::erase_if(leftovers, [&](const auto& entry) {
    return std::none_of(assignment.removals.begin(), assignment.removals.end(),
                        [&](const Removal& r) { return r.app == entry.first; });
  });
  observation.SetIdentity(assignment.fleet, assignment.host);
  if (!observation.listed() && facts.reachable) Relist(true);
  link.SendAck(std::move(ack));
  SayHello();
}

void Agent::Impl::Assess() {
  health.clear();
  std::map<SlotKey, const Instance*> desired;
  for (const Instance& instance : assignment.instances) desired[instance.slot] = &instance;
  for (const auto& [id, container] : observation.containers()) {
    if (container.state() != ContainerState::kRunning) continue;
    HealthRules rules;
    if (const auto found = desired.find(container.identity.slot); found != desired.end()) {
      rules.min_healthy = found->second->min_healthy;
      rules.healthy_deadline = found->second->healthy_deadline;
    }
    MonoTime hold_until = watching_since;
    const auto spec = assignment.specs.find(container.identity.spec);
    if (spec != assignment.specs.end()) {
      rules.has_probe = spec->second.probe.has_value();
      hold_until = watching_since + HoldWindow(spec->second);
    }
    const auto record = records.find(container.identity.slot);
    const bool committed =
        record != records.end() ? record->second.committed == id : container.armed();
    health.emplace(id, quayside::agent::Assess(container, rules, probes.TrackOf(container),
                                               committed, hold_until, now));
  }
}

PlanInput Agent::Impl::Input() const {
  return {.engine_known = facts.reachable && observation.known(),
          .assignment = assignment,
          .records = records,
          .containers = observation.containers(),
          .health = health,
          .images = images,
          .networks = networks,
          .volumes = volumes,
          .leftovers = leftovers,
          .troubles = troubles,
          .busy = busy,
          .logs_read = logs_read,
          .pull_progress = pull_progress,
          .engine = facts,
          .limits = {.max_starts = options.max_starts_in_flight,
                     .max_pulls = options.max_pulls_in_flight,
                     .next_unhealthy_restart = next_unhealthy_restart},
          .now = now,
          .wall = wall};
}

bool Agent::Impl::WriteRecords(const PlanResult& plan) {
  bool any = false;
  for (const auto& [slot, record] : plan.records) {
    if (absl::Status saved = state.SaveRecord(record); !saved.ok()) {
      if (unwritten.insert(slot).second) {
        Note(event_kind::kStateNotWritten, slot, {}, Message(saved));
      }
      continue;
    }
    unwritten.erase(slot);
    if (record.unhealthy_restarts > records[slot].unhealthy_restarts) {
      next_unhealthy_restart = now + kUnhealthySpacing;
    }
    records.insert_or_assign(slot, record);
    any = true;
  }
  for (const Notice& notice : plan.notices) {
    if (!unwritten.contains(notice.slot)) {
      Note(notice.kind, notice.slot, notice.instance, notice.message);
    }
  }
  return any;
}

PlanResult Agent::Impl::Decide() {
  unwritten.clear();
  PlanResult plan;
  for (int i = 0; i < kMaxPlansPerTurn; ++i) {
    Assess();
    plan = Plan(Input());
    if (plan.records.empty() || !WriteRecords(plan)) break;
  }
  if (!unwritten.empty()) plan.next = std::min(plan.next, now + kWriteRetry);
  std::erase_if(plan.actions,
                [&](const Action& action) { return unwritten.contains(action.slot); });
  return plan;
}

void Agent::Impl::ForgetRemoved(const PlanResult& plan) {
  const std::set<AppName> apps(plan.removed_apps.begin(), plan.removed_apps.end());
  const std::set<SlotKey> slots(plan.removed_slots.begin(), plan.removed_slots.end());
  std::erase_if(records, [&](const auto& entry) {
    if (!apps.contains(entry.first.app) && !slots.contains(entry.first)) return false;
    return state.RemoveRecord(entry.first).ok();
  });
}

void Agent::Impl::SendReport(const PlanResult& plan) {
  Report report;
  report.epoch = assignment.epoch;
  report.generation = assignment.generation;
  report.instances = StatusOf(Input(), plan.waiting);
  report.settled = plan.settled;
  report.strays = observation.Strays();
  report.unnamed_apps = plan.unnamed_apps;
  report.removed_apps = plan.removed_apps;
  report.removed_slots = plan.removed_slots;
  report.vacated_slots = plan.vacated_slots;
  report.engine = facts;
  reporter.Offer(std::move(report), wall);
}

MonoTime Agent::Impl::Turn(std::vector<AgentEvent> events) {
  now = clock.Now();
  wall = clock.Wall();
  for (AgentEvent& event : events) {
    std::visit([this](auto& e) { Handle(std::move(e)); }, event);
  }
  if (now >= relist_at) Relist(false);
  if (now >= facts_at) AskFacts();
  PlanResult plan = Decide();
  ForgetRemoved(plan);
  for (const Action& action : plan.actions) Perform(action);
  InspectEnded();
  const MonoTime probe_at = probes.Ask(observation.containers(), assignment.specs, now);
  SendReport(plan);
  MonoTime next = std::min({plan.next, probe_at, relist_at, facts_at, reporter.Beat(now)});
  for (const auto& [id, assessment] : health) next = std::min(next, assessment.next);
  return next;
}

Agent::Agent(AgentOptions options, Clock& clock, Random& random, FileStore& files, Engine& engine,
             Prober& prober, Link& link, std::function<void(AgentEvent)> submit)
    : impl_(std::make_unique<Impl>(options, clock, random, files, engine, prober, link,
                                   std::move(submit))) {}

Agent::~Agent() = default;

absl::Status Agent::Start() { return impl_->Start(); }

MonoTime Agent::Turn(std::vector<AgentEvent> events) { return impl_->Turn(std::move(events)); }

}  // namespace quayside::agent
