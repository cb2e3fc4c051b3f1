#include "tests/sim/workload.h"

#include <utility>

#include "common/base/status.h"
#include "common/model/digest.h"

namespace quayside::sim {

using controller::Answer;
using controller::Caller;
using controller::ChangeResult;
using controller::Request;

controller::ResolvedImages Workload::Resolve(const AppSpec& spec) const {
  controller::ResolvedImages images;
  for (const ServiceSpec& service : spec.services) {
    const std::string& image = service.container.image;
    images[image] = {DigestRef(image), {.platforms = {"linux/amd64"}, .volumes = {}}};
  }
  return images;
}

template <typename T>
void Workload::Ask(std::function<Request(Answer<T>)> make,
                   std::function<void(absl::StatusOr<T>)> done) {
  auto answered = std::make_shared<bool>(false);
  ++pending_;
  auto attempt = std::make_shared<std::function<void()>>();
  *attempt = [this, alive = alive_, answered, make, done,
              weak = std::weak_ptr<std::function<void()>>(attempt)] {
    if (!*alive || *answered) return;
    if (controller_.up()) {
      controller_.Submit(make([this, alive, answered, done](absl::StatusOr<T> answer) {
        if (!*alive || std::exchange(*answered, true)) return;
        // Unavailable: nothing is known to have changed; the caller asks again.
        --pending_;
        done(std::move(answer));
      }));
    }
    world_.After(absl::Seconds(5), [again = weak.lock()] { (*again)(); });
  };
  (*attempt)();
}

void Workload::Change(const std::string& what, const AppName& app,
                      std::function<Request(Caller, Answer<ChangeResult>)> make) {
  const std::string id = "request-" + std::to_string(next_request_++);
  world_.Trace("asked: " + what);
  Ask<ChangeResult>(
      [make, id, what](Answer<ChangeResult> done) {
        return make({RequestId(id), "sim", Sha256Digest(what)}, std::move(done));
      },
      [this, what, app](absl::StatusOr<ChangeResult> result) {
        world_.Trace("answered: " + what + ": " +
                     (result.ok() ? "revision " + std::to_string(result->revision)
                                  : Message(result.status())));
        if (result.ok()) ++accepted_;
        if (what.starts_with("rm ")) {
          controller_.checker().OnRemoveAnswered(app);
        } else if (result.ok()) {
          controller_.checker().OnAcknowledged(app, result->revision);
        }
      });
}

void Workload::ApplyWithTicket(const std::string& what, AppSpec spec) {
  Ask<int64_t>(
      [](Answer<int64_t> done) {
        return Request(controller::TakeTicket{.app = {}, .services = {}, .done = std::move(done)});
      },
      [this, what, spec = std::move(spec)](absl::StatusOr<int64_t> ticket) {
        if (!ticket.ok()) return;
        applied_[spec.name] = spec;
        Change(what + " with ticket " + std::to_string(*ticket), spec.name,
               [this, spec, ticket = *ticket](Caller caller, Answer<ChangeResult> done) {
                 return Request(controller::ApplyApp{std::move(caller), ticket, spec, Resolve(spec),
                                                     "sim", std::move(done)});
               });
      });
}

void Workload::Apply(AppSpec spec) {
  std::string images;
  for (const ServiceSpec& service : spec.services) {
    images += " " + service.name.value + "=" + service.container.image.substr(15);
  }
  ApplyWithTicket("apply " + spec.name.value + images, std::move(spec));
}

AppSpec Workload::Make(const std::string& name, bool good) {
  AppSpec app = apps_.Make(name, good);
  if (name == "twins" && world_.Chance(35)) {
    std::erase_if(app.services,
                  [](const ServiceSpec& service) { return service.container.ports.empty(); });
  }
  return app;
}

void Workload::ActAtRandom() {
  const AppName app(apps_.names()[world_.random().Below(apps_.names().size())]);
  const ServiceName service("main");
  const uint64_t dice = world_.random().Below(100);
  if (dice < 55 || !applied_.contains(app)) return Apply(Make(app.value, false));
  if (dice < 65) {  // the same file again: nothing to do, or a new attempt
    return Apply(applied_.at(app));
  }
  if (dice < 73) {
    const auto replicas = static_cast<int32_t>(1 + world_.random().Below(4));
    return Change("scale " + app.value + " to " + std::to_string(replicas), app,
                  [=](Caller caller, Answer<ChangeResult> done) {
                    return Request(controller::ScaleService{std::move(caller), app, service,
                                                            replicas, std::move(done)});
                  });
  }
  if (dice < 85) {
    const bool stopped = dice < 79;
    return Change((stopped ? "stop " : "start ") + app.value, app,
                  [=](Caller caller, Answer<ChangeResult> done) {
                    return Request(controller::SetStopped{std::move(caller), app, ServiceName(),
                                                          stopped, std::move(done)});
                  });
  }
  if (dice < 88) {
    return Change("restart " + app.value, app, [=](Caller caller, Answer<ChangeResult> done) {
      return Request(
          controller::RestartServices{std::move(caller), app, ServiceName(), std::move(done)});
    });
  }
  if (dice < 93) {
    return Change("rollback " + app.value, app, [=](Caller caller, Answer<ChangeResult> done) {
      return Request(controller::RollbackApp{std::move(caller), app, 0, std::move(done)});
    });
  }
  if (dice < 97) return Move(app, service);
  applied_.erase(app);
  controller_.checker().OnRemoveAsked(app);
  const bool volumes = world_.Chance(50);
  Change("rm " + app.value, app, [=](Caller caller, Answer<ChangeResult> done) {
    return Request(controller::RemoveApp{std::move(caller), app, volumes, std::move(done)});
  });
}

void Workload::Move(const AppName& app, const ServiceName& service) {
  const SlotKey slot{app, service, 1};
  const std::string host = "host-" + std::to_string(1 + world_.random().Below(3));
  const std::string what = "move " + ToString(slot) + " to " + host;
  controller_.checker().OnMoveAsked(slot);
  Change(what, app, [=](Caller caller, Answer<ChangeResult> done) {
    return Request(controller::MoveSlot{std::move(caller), slot, host, std::move(done)});
  });
}

}  // namespace quayside::sim
