#include "tests/unit/agent/host_world.h"

#include <algorithm>

#include "agent/labels.h"
#include "common/model/digest.h"
#include "common/wire/wire.h"

namespace quayside::agent {
namespace {

const FleetId kFleet("fleetaaaaa");
const HostId kHost("hostaaaaaa");
const StoreEpoch kEpoch("epochaaaaaaaaaaaaaaaaaaaaa");

}  // namespace

void WorldTime::At(MonoTime when, absl::AnyInvocable<void()> task) {
  tasks_.emplace(std::pair(std::max(when, now_), ++order_), std::move(task));
}

bool WorldTime::Step(MonoTime end) {
  if (tasks_.empty() || tasks_.begin()->first.first > end) return false;
  auto node = tasks_.extract(tasks_.begin());
  now_ = std::max(now_, node.key().first);
  node.mapped()();
  return true;
}

void WorldLink::SendReport(Report sent) {
  ++reports;
  const uint64_t known = events.empty() ? 0 : events.back().sequence;
  for (const HostEvent& event : sent.events) {
    if (sent.sequence == 1 || event.sequence > known) events.push_back(event);
  }
  report = std::move(sent);
}

class HostWorld::WorldProber final : public Prober {
 public:
  explicit WorldProber(HostWorld& world) : world_(world) {}
  void Probe(ProbeTarget target, absl::AnyInvocable<void(absl::Status)> done) override {
    world_.time.At(world_.time.Now() + absl::Milliseconds(1),
                   [this, target, done = std::move(done)]() mutable {
                     done(world_.docker.AnswerProbe(target));
                   });
  }

 private:
  HostWorld& world_;
};

HostWorld::HostWorld() : docker("h1", time, registry) {
  docker.facts.os = "linux";
  docker.facts.arch = "amd64";
  prober_ = std::make_unique<WorldProber>(*this);
}

HostWorld::~HostWorld() { KillAgent(); }

void HostWorld::StartAgent(bool session) {
  const uint64_t life = ++life_;
  mail_.clear();
  engine_ = std::make_unique<fake::FakeEngine>(docker);
  agent_ = std::make_unique<Agent>(AgentOptions{}, time, random_, files, *engine_, *prober_, link,
                                   [this, life](AgentEvent event) {
                                     if (life == life_ && agent_) Mail(std::move(event));
                                   });
  const absl::Status started = agent_->Start();
  if (!started.ok()) std::abort();
  if (!session) return;
  Mail(Connected{.fleet = kFleet,
                 .host = kHost,
                 .epoch = kEpoch,
                 .session = life,
                 .heartbeat_period = absl::Seconds(15),
                 .lease = absl::Seconds(55)});
  if (last.generation > 0) Mail(AssignmentReceived{.assignment = last});
}

void HostWorld::KillAgent() {
  ++life_;
  agent_.reset();
  engine_.reset();
  mail_.clear();
}

void HostWorld::Mail(AgentEvent event) {
  mail_.push_back(std::move(event));
  ScheduleTurn(time.Now());
}

void HostWorld::ScheduleTurn(MonoTime when) {
  if (when.is_never()) return;
  time.At(when, [this, life = life_] {
    if (life == life_ && agent_ && (!mail_.empty() || time.Now() >= turn_at_)) Turn();
  });
}

void HostWorld::Turn() {
  turn_at_ = agent_->Turn(std::exchange(mail_, {}));
  ScheduleTurn(turn_at_);
}

void HostWorld::Run(absl::Duration duration) {
  const MonoTime end = time.Now() + duration;
  while (time.Step(end)) {
  }
  time.Advance(end);
}

bool HostWorld::RunUntil(const std::function<bool()>& done, absl::Duration limit) {
  const MonoTime end = time.Now() + limit;
  while (!done()) {
    if (!time.Step(end)) return false;
  }
  return true;
}

void HostWorld::Assign(Assignment assignment) {
  assignment.generation = ++generation_;
  last = std::move(assignment);
  if (agent_) Mail(AssignmentReceived{.assignment = last});
}

Assignment HostWorld::With(std::vector<Instance> instances) const {
  Assignment assignment;
  assignment.fleet = kFleet;
  assignment.host = kHost;
  assignment.epoch = kEpoch;
  assignment.instances = std::move(instances);
  std::sort(assignment.instances.begin(), assignment.instances.end(),
            [](const Instance& a, const Instance& b) { return a.slot < b.slot; });
  assignment.specs = specs_;
  return assignment;
}

std::string HostWorld::PushImage(const std::string& name, fake::FakeBehaviour behaviour,
                                 std::vector<std::string> volumes) {
  const std::string image = "registry/" + name + "@" + Sha256Digest(name);
  registry.Push({.image = image, .behaviour = behaviour, .volumes = std::move(volumes)});
  return image;
}

SpecDigest HostWorld::AddSpec(ContainerSpec spec) {
  const SpecDigest digest(Sha256Digest(wire::EncodeSpec(spec)));
  specs_.insert_or_assign(digest, std::move(spec));
  return digest;
}

Instance HostWorld::Make(const std::string& id, const std::string& service, const SpecDigest& spec,
                         int32_t slot) {
  Instance instance;
  instance.id = InstanceId(id);
  instance.slot = {.app = AppName("shop"), .service = ServiceName(service), .slot = slot};
  instance.host = kHost;
  instance.revision = 1;
  instance.spec = spec;
  instance.min_healthy = absl::Seconds(1);
  instance.healthy_deadline = absl::Seconds(60);
  return instance;
}

const InstanceStatus* HostWorld::Status(const std::string& id) const {
  for (const InstanceStatus& status : link.report.instances) {
    if (status.id.value == id) return &status;
  }
  return nullptr;
}

std::string HostWorld::Story() const {
  std::string story;
  for (const fake::LoggedCall& call : docker.calls()) story += call.text + "\n";
  for (const HostEvent& event : link.events) {
    story += event.kind + " " + event.instance.value + ": " + event.message + "\n";
  }
  for (const InstanceStatus& status : link.report.instances) {
    story += status.id.value + " is " + std::string(quayside::ToString(status.state)) +
             (status.proven ? " proven " : " ") + status.reason + "\n";
  }
  return story;
}

bool HostWorld::Proven(const std::string& id) const {
  const InstanceStatus* status = Status(id);
  return status != nullptr && status->proven && link.report.generation == generation_;
}

InstanceState HostWorld::StateOf(const std::string& id) const {
  const InstanceStatus* status = Status(id);
  return status == nullptr ? InstanceState::kUnknown : status->state;
}

const fake::FakeContainer* HostWorld::ContainerOf(const std::string& id) const {
  for (const auto& [engine_id, container] : docker.containers()) {
    const auto label = container.plan.labels.find(kInstanceLabel);
    if (label != container.plan.labels.end() && label->second == id) return &container;
  }
  return nullptr;
}

bool HostWorld::Running(const std::string& id) const {
  const fake::FakeContainer* container = ContainerOf(id);
  return container != nullptr && container->running();
}

int HostWorld::RunningIn(const std::string& service) const {
  int running = 0;
  for (const auto& [id, container] : docker.containers()) {
    const auto label = container.plan.labels.find(kServiceLabel);
    running +=
        label != container.plan.labels.end() && label->second == service && container.running();
  }
  return running;
}

bool HostWorld::Said(const std::string& kind) const {
  return std::any_of(link.events.begin(), link.events.end(),
                     [&](const HostEvent& event) { return event.kind == kind; });
}

int HostWorld::CallsLike(const std::string& prefix) const {
  return static_cast<int>(
      std::count_if(docker.calls().begin(), docker.calls().end(),
                    [&](const fake::LoggedCall& c) { return c.text.rfind(prefix, 0) == 0; }));
}

}  // namespace quayside::agent
