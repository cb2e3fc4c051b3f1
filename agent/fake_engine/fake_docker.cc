// The daemon: calls that arrive, are hung, lost or answered, and its going down and coming up.
#include "agent/fake_engine/fake_docker.h"

#include <cstdio>
#include <utility>

#include "agent/fake_engine/fake_calls.h"
#include "common/base/status.h"
#include "common/model/digest.h"

namespace quayside::agent::fake {
namespace {

// The deadlines of the real client (agent/docker).
absl::Duration PatienceOf(const EngineCall& call) {
  if (const auto* stop = std::get_if<StopContainer>(&call)) return stop->grace + absl::Seconds(15);
  if (const auto* exec = std::get_if<ExecCommand>(&call)) return exec->timeout;
  const bool reads =
      std::holds_alternative<ListContainers>(call) ||
      std::holds_alternative<InspectContainer>(call) || std::holds_alternative<GetFacts>(call) ||
      std::holds_alternative<InspectImage>(call) || std::holds_alternative<ListImages>(call) ||
      std::holds_alternative<ReadLogs>(call);
  return reads ? absl::Seconds(30) : absl::Minutes(2);
}

// About what a quiet engine needs (measured on Docker 20.10, rounded).
absl::Duration UsualLatency(const EngineCall& call) {
  if (std::holds_alternative<StartContainer>(call)) return absl::Milliseconds(250);
  if (std::holds_alternative<CreateContainer>(call)) return absl::Milliseconds(30);
  return absl::Milliseconds(1);
}

}  // namespace

FakeDocker::FakeDocker(std::string name, FakeScheduler& scheduler, FakeRegistry& registry)
    : effect_latency(UsualLatency),
      name_(std::move(name)),
      scheduler_(scheduler),
      registry_(registry) {
  facts.version = "20.10.24";
  facts.api_version = "1.41";
  facts.os = "linux";
  facts.arch = "amd64";
  facts.cpus = 4;
  facts.memory_bytes = int64_t{8} << 30;
  facts.data_root = "/var/lib/docker";
  facts.disk_total_bytes = int64_t{100} << 30;
  facts.disk_free_bytes = int64_t{60} << 30;
}

FakeDocker::~FakeDocker() { *alive_ = false; }

void FakeDocker::After(absl::Duration delay, absl::AnyInvocable<void()> task) {
  scheduler_.At(scheduler_.Now() + delay, [alive = alive_, task = std::move(task)]() mutable {
    if (*alive) task();
  });
}

std::string FakeDocker::NewId() {
  // The counter in front keeps the order of creation; the rest tells hosts apart.
  char counter[16];
  std::snprintf(counter, sizeof(counter), "%012llx", static_cast<unsigned long long>(++ids_));
  return counter + Sha256Digest(name_ + counter).substr(7, 52);
}

// ---- calls ----

void FakeDocker::Arrive(EngineCall call, Reply reply) {
  log_.push_back({scheduler_.Now(), Describe(call)});
  if (log_.size() > kMaxLog) log_.pop_front();
  if (!up_) {
    After(answer_latency,
          [name = name_, text = Describe(call), reply = std::move(reply)]() mutable {
            reply(Unavailable("cannot " + text + ": the engine of " + name + " does not answer"));
          });
    return;
  }
  const uint64_t id = ++next_call_;
  const absl::Duration latency = effect_latency(call);
  if (hung_) After(PatienceOf(call), [this, id] { TimeOut(id); });
  open_.emplace(id, OpenCall{std::move(call), std::move(reply), false, std::nullopt});
  After(latency, [this, id] { TakeEffect(id); });
}

void FakeDocker::TakeEffect(uint64_t open_id) {
  const auto open = open_.find(open_id);
  if (open == open_.end() || open->second.begun || hung_) return;
  open->second.begun = true;
  const EngineCall call = open->second.call;
  if (const std::optional<CallFault> wrong = fault ? fault(call) : std::nullopt) {
    if (wrong->never_answers) open->second.reply = [](EngineReply) {};
    if (wrong->takes_effect) FakeCalls(*this, open_id, /*silent=*/true).Carry(call);
    return Answer(open_id,
                  wrong->answer.ok() ? EngineReply(Nothing{}) : EngineReply(wrong->answer));
  }
  if (auto reply = FakeCalls(*this, open_id, /*silent=*/false).Carry(call)) {
    Answer(open_id, *std::move(reply));
  }
}

void FakeDocker::Answer(uint64_t open_id, EngineReply reply) {
  const auto open = open_.find(open_id);
  if (open == open_.end()) return;
  if (hung_) {
    open->second.held = std::move(reply);
    return;
  }
  After(answer_latency, [this, open_id, reply = std::move(reply)]() mutable {
    auto node = open_.extract(open_id);
    if (!node.empty() && node.mapped().reply) node.mapped().reply(std::move(reply));
  });
}

void FakeDocker::TimeOut(uint64_t open_id) {
  const auto open = open_.find(open_id);
  if (open == open_.end() || !hung_ || !open->second.reply) return;
  Reply reply = std::move(open->second.reply);
  open->second.reply = nullptr;
  reply(DeadlineExceeded("cannot " + Describe(open->second.call) + ": the engine of " + name_ +
                         " did not answer in time"));
}

void FakeDocker::Hang() {
  if (!up_ || hung_) return;
  hung_ = true;
  for (const auto& [id, open] : open_) {
    After(PatienceOf(open.call), [this, call = id] { TimeOut(call); });
  }
}

void FakeDocker::Heal() {
  if (!hung_) return;
  hung_ = false;
  std::vector<uint64_t> ids;
  for (const auto& [id, open] : open_) ids.push_back(id);
  for (const uint64_t id : ids) {
    if (std::optional<EngineReply> held = std::exchange(open_.at(id).held, std::nullopt)) {
      Answer(id, *std::move(held));
    } else {
      After(absl::ZeroDuration(), [this, id] { TakeEffect(id); });
    }
  }
  for (EngineEvent& event : std::exchange(held_events_, {})) Emit(std::move(event));
}

// ---- events ----

void FakeDocker::AddWatcher(const std::shared_ptr<Connection>& connection) {
  watchers_.push_back(connection);
  EngineEvent event;
  event.kind = up_ ? EngineEvent::Kind::kConnected : EngineEvent::Kind::kDisconnected;
  if (!up_) event.reason = "the engine of " + name_ + " does not answer";
  std::weak_ptr<Connection> weak = connection;
  After(event_latency, [weak, event] {
    if (const auto strong = weak.lock()) strong->on_event(event);
  });
}

void FakeDocker::Emit(EngineEvent event) {
  if (hung_) {
    held_events_.push_back(std::move(event));
    return;
  }
  std::erase_if(watchers_, [](const auto& weak) { return weak.expired(); });
  for (const auto& weak : watchers_) {
    After(event_latency, [weak, event] {
      if (const auto strong = weak.lock()) strong->on_event(event);
    });
  }
}

void FakeDocker::EmitContainer(const FakeContainer& container, const std::string& action) {
  if (!up_) return;
  EngineEvent event;
  event.kind = EngineEvent::Kind::kContainer;
  event.container = container.id;
  event.action = action;
  event.labels = container.plan.labels;
  event.labels["name"] = container.name;
  event.labels["image"] = container.plan.spec.image;
  if (action == "die") event.exit_code = container.exit_code;
  Emit(std::move(event));
}

void FakeDocker::Changed() {
  if (on_change) on_change();
}

// ---- down and up ----

void FakeDocker::CrashDaemon(ContainerFate fate) {
  if (!up_) return;
  up_ = false;
  hung_ = false;
  held_events_.clear();
  for (auto& [id, open] : std::exchange(open_, {})) {
    if (!open.reply) continue;
    After(answer_latency, [name = name_, text = Describe(open.call),
                           reply = std::move(open.reply)]() mutable {
      reply(Unavailable("cannot " + text + ": the engine of " + name + " broke the connection"));
    });
  }
  if (fate == ContainerFate::kVanished) containers_.clear();
  for (auto& [id, container] : containers_) {
    container.stop_waiters.clear();
    if (fate != ContainerFate::kKilled) continue;
    if (container.running()) Ended(container, 137, false);
    if (container.state == ContainerState::kRestarting) container.state = ContainerState::kExited;
  }
  EngineEvent event;
  event.kind = EngineEvent::Kind::kDisconnected;
  event.reason = "the engine of " + name_ + " closed its event stream";
  Emit(std::move(event));
  Changed();
}

void FakeDocker::StartDaemon() {
  if (up_) return;
  up_ = true;
  for (auto& [id, container] : containers_) {
    if (container.running()) {
      ScheduleHealth(container);  // the daemon begins to count anew
    } else if (container.policy == ArmedPolicy::kUnlessStopped && container.started_before &&
               !container.manually_stopped) {
      StartByDaemon(container);
    }
  }
  EngineEvent event;
  event.kind = EngineEvent::Kind::kConnected;
  Emit(std::move(event));
  Changed();
}

// ---- a person on the host ----

void FakeDocker::ByHand(EngineCall call) { FakeCalls(*this, 0, /*silent=*/true).Carry(call); }

void FakeDocker::Exit(const std::string& container, int32_t exit_code, bool oom_killed) {
  FakeContainer* found = Mutable(container);
  if (found != nullptr && found->running()) Ended(*found, exit_code, oom_killed);
}

void FakeDocker::SetHealth(const std::string& container, HealthState health) {
  FakeContainer* found = Mutable(container);
  if (found == nullptr || !found->running() || found->health == health) return;
  found->health = health;
  EmitContainer(*found, health == HealthState::kHealthy ? "health_status: healthy"
                                                        : "health_status: unhealthy");
  Changed();
}

void FakeDocker::Pause(const std::string& container) {
  FakeContainer* found = Mutable(container);
  if (found == nullptr || found->state != ContainerState::kRunning) return;
  found->state = ContainerState::kPaused;
  EmitContainer(*found, "pause");
  Changed();
}

void FakeDocker::LeaveNetwork(const std::string& container, const std::string& network) {
  FakeContainer* found = Mutable(container);
  if (found == nullptr || found->addresses.erase(network) == 0) return;
  EmitContainer(*found, "network_disconnect");
  Changed();
}

void FakeDocker::Vanish(const std::string& container) {
  FakeContainer* found = Mutable(container);
  if (found == nullptr) return;
  found->manually_stopped = true;
  if (found->running()) Ended(*found, 137, false);
  EmitContainer(*found, "destroy");
  containers_.erase(found->id);
  Changed();
}

void FakeDocker::RemoveImageByForce(const std::string& image) {
  images_.erase(image);
  pulled_at_.erase(image);
}

void FakeDocker::AddLocalImage(const FakeImage& image) {
  images_[image.image] = image;
  pulled_at_[image.image] = scheduler_.Wall();
}

// ---- looking ----

const FakeContainer* FakeDocker::Find(const std::string& name_or_id) const {
  if (const auto by_id = containers_.find(name_or_id); by_id != containers_.end()) {
    return &by_id->second;
  }
  for (const auto& [id, container] : containers_) {
    if (container.name == name_or_id) return &container;
  }
  return nullptr;
}

FakeContainer* FakeDocker::Mutable(const std::string& name_or_id) {
  return const_cast<FakeContainer*>(Find(name_or_id));
}

void FakeDocker::FailProbe(const std::string& container) {
  FakeContainer* found = Mutable(container);
  if (found != nullptr && found->running()) found->probe_fails = true;
}

void FakeDocker::PassProbe(const std::string& container) {
  if (FakeContainer* found = Mutable(container)) found->probe_fails = false;
}

absl::Status FakeDocker::AnswerProbe(const ProbeTarget& target) const {
  const FakeContainer* container = Find(target.container);
  if (container == nullptr || container->state != ContainerState::kRunning) {
    return Unavailable("cannot connect to " + target.address);
  }
  const auto& passes_after = container->image.behaviour.probe_passes_after;
  if (container->probe_fails || !passes_after ||
      scheduler_.Now() < container->run_since + *passes_after) {
    return FailedPrecondition("the probe of " + container->name + " answered 503");
  }
  return absl::OkStatus();
}

}  // namespace quayside::agent::fake
