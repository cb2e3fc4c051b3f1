// The calls that change an app, and Plan, which resolves images as they do.
#include "common/base/status.h"
#include "common/model/validate.h"
#include "common/wire/convert.h"
#include "common/wire/wire.h"
#include "controller/api/admin_service.h"

namespace quayside::controller {
namespace {

constexpr int kMaxDeployImages = static_cast<int>(kMaxServices);
constexpr size_t kMaxCauseBytes = 1024;

// The spec of an apply or a plan, with everything checked that needs no registry and no state.
absl::StatusOr<AppSpec> ReadSpec(const v1::AppSpec& message) {
  if (message.ByteSizeLong() > wire::kMaxAppBytes) {
    return ResourceExhausted("the app is larger than 2 MiB; give large values as files or volumes");
  }
  QS_ASSIGN_OR_RETURN(AppSpec spec, wire::FromProto(message));
  QS_RETURN_IF_ERROR(ValidateAppSpec(spec));
  for (const ServiceSpec& service : spec.services) {
    if (wire::EncodeSpec(service.container).size() > wire::kMaxSpecBytes) {
      return ResourceExhausted("service " + service.name.value +
                               " is larger than 256 KiB; give large values as files or volumes");
    }
  }
  return spec;
}

std::set<std::string> ImagesOf(const AppSpec& spec) {
  std::set<std::string> images;
  for (const ServiceSpec& service : spec.services) {
    images.insert(service.container.image);
    for (const auto& [host, image] : service.host_images) images.insert(image);
  }
  return images;
}

// What a registry answered, as an answer of ours: a caller must not take the registry's refusal for
// the controller's, nor its absence for the controller's. What is not there or may not be read
// cannot be accepted; the rest may pass.
absl::Status RegistryTrouble(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
      return FailedPrecondition(Message(status));
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return Aborted(Message(status));
    default:
      return status;
  }
}

}  // namespace

template <typename Body>
AdminService::Reactor* AdminService::Read(Context* context, Body body) {
  Reactor* reactor = context->DefaultReactor();
  Call call(reactor, &in_flight_);
  const absl::Status admitted = Admit(*context);
  if (!admitted.ok()) {
    call.Finish(admitted);
    return reactor;
  }
  workers_.Post(
      [call = std::move(call), body = std::move(body)]() mutable { body(std::move(call)); });
  return reactor;
}

template <typename Then>
void AdminService::ResolveThen(Call call, std::set<std::string> images, Then then,
                               TakeTicket take) {
  take.done = [this, call = std::move(call), images = std::move(images),
               then = std::move(then)](absl::StatusOr<int64_t> ticket) mutable {
    if (!ticket.ok()) {
      call.Finish(ticket.status());
      return;
    }
    resolve_(std::move(images),
             [this, call = std::move(call), then = std::move(then),
              ticket = *ticket](absl::StatusOr<ResolvedImages> resolved) mutable {
               workers_.Post([call = std::move(call), then = std::move(then), ticket,
                              resolved = std::move(resolved)]() mutable {
                 if (resolved.ok()) {
                   then(std::move(call), ticket, *std::move(resolved));
                 } else {
                   call.Finish(RegistryTrouble(resolved.status()));
                 }
               });
             });
  };
  submit_(Request(std::move(take)));
}

// A request lives until its call is finished, so the steps below may refer to it.

AdminService::Reactor* AdminService::Plan(Context* context, const v1::PlanRequest* request,
                                          v1::PlanReply* reply) {
  return Read(context, [this, request, reply](Call call) {
    absl::StatusOr<AppSpec> spec = ReadSpec(request->spec());
    if (!spec.ok()) return call.Finish(spec.status());
    std::set<std::string> images = ImagesOf(*spec);
    ResolveThen(std::move(call), std::move(images),
                [this, spec = *std::move(spec), reply](Call resolved_call, int64_t,
                                                       ResolvedImages resolved) mutable {
                  PlanApp question;
                  question.spec = std::move(spec);
                  question.images = std::move(resolved);
                  Send(std::move(resolved_call), reply, std::move(question));
                });
  });
}

AdminService::Reactor* AdminService::Apply(Context* context, const v1::ApplyRequest* request,
                                           v1::ChangeReply* reply) {
  return Read(context, [this, request, reply](Call call) {
    absl::StatusOr<Caller> caller = MakeCaller(*request);
    if (!caller.ok()) return call.Finish(caller.status());
    absl::StatusOr<AppSpec> spec = ReadSpec(request->spec());
    if (!spec.ok()) return call.Finish(spec.status());
    std::set<std::string> images = ImagesOf(*spec);
    ResolveThen(std::move(call), std::move(images),
                [this, request, reply, caller = *std::move(caller), spec = *std::move(spec)](
                    Call resolved_call, int64_t ticket, ResolvedImages resolved) mutable {
                  ApplyApp question;
                  question.caller = std::move(caller);
                  question.ticket = ticket;
                  question.spec = std::move(spec);
                  question.images = std::move(resolved);
                  question.cause = wire::CleanText(request->cause(), kMaxCauseBytes);
                  Send(std::move(resolved_call), reply, std::move(question));
                });
  });
}

AdminService::Reactor* AdminService::Deploy(Context* context, const v1::DeployRequest* request,
                                            v1::ChangeReply* reply) {
  const auto read = [this, request]() -> absl::StatusOr<DeployImages> {
    DeployImages question;
    QS_ASSIGN_OR_RETURN(question.caller, MakeCaller(*request));
    QS_RETURN_IF_ERROR(CheckName(request->app(), "app"));
    QS_RETURN_IF_ERROR(CheckText(request->host(), "host"));
    if (request->images_size() == 0 || request->images_size() > kMaxDeployImages) {
      return InvalidArgument("a deploy names between 1 and 1000 images");
    }
    question.app = AppName(request->app());
    question.host = request->host();
    for (const v1::StringEntry& entry : request->images()) {
      QS_RETURN_IF_ERROR(CheckText(entry.key(), "a service's name"));
      if (entry.value().empty() || entry.value().size() > kMaxImageBytes) {
        return InvalidArgument("an image's name has between 1 and 1024 bytes");
      }
      if (!question.images.emplace(entry.key(), entry.value()).second) {
        return InvalidArgument("service " + entry.key() + " is given two images");
      }
    }
    return question;
  };
  return Read(context, [this, read, reply](Call call) {
    absl::StatusOr<DeployImages> question = read();
    if (!question.ok()) return call.Finish(question.status());
    std::set<std::string> images;
    TakeTicket take;
    take.app = question->app;
    for (const auto& [service, image] : question->images) {
      images.insert(image);
      take.services.push_back(service);
    }
    ResolveThen(
        std::move(call), std::move(images),
        [this, reply, question = *std::move(question)](Call resolved_call, int64_t ticket,
                                                       ResolvedImages resolved) mutable {
          question.ticket = ticket;
          question.resolved = std::move(resolved);
          Send(std::move(resolved_call), reply, std::move(question));
        },
        std::move(take));
  });
}

AdminService::Reactor* AdminService::Scale(Context* context, const v1::ScaleRequest* request,
                                           v1::ChangeReply* reply) {
  return Ask(context, reply, [&]() -> absl::StatusOr<ScaleService> {
    ScaleService question;
    QS_ASSIGN_OR_RETURN(question.caller, MakeCaller(*request));
    QS_RETURN_IF_ERROR(CheckName(request->app(), "app"));
    QS_RETURN_IF_ERROR(CheckName(request->service(), "service"));
    QS_RETURN_IF_ERROR(wire::CheckRange(request->replicas(), 0, kMaxReplicas, "replicas"));
    question.app = AppName(request->app());
    question.service = ServiceName(request->service());
    question.replicas = request->replicas();
    return question;
  });
}

AdminService::Reactor* AdminService::Restart(Context* context, const v1::RestartRequest* request,
                                             v1::ChangeReply* reply) {
  return Ask(context, reply, [&]() -> absl::StatusOr<RestartServices> {
    RestartServices question;
    QS_ASSIGN_OR_RETURN(question.caller, MakeCaller(*request));
    QS_RETURN_IF_ERROR(CheckName(request->app(), "app"));
    QS_RETURN_IF_ERROR(CheckText(request->service(), "service"));
    question.app = AppName(request->app());
    question.service = ServiceName(request->service());
    return question;
  });
}

AdminService::Reactor* AdminService::SetStopped(Context* context,
                                                const v1::SetStoppedRequest* request,
                                                v1::ChangeReply* reply) {
  return Ask(context, reply, [&]() -> absl::StatusOr<controller::SetStopped> {
    controller::SetStopped question;
    QS_ASSIGN_OR_RETURN(question.caller, MakeCaller(*request));
    QS_RETURN_IF_ERROR(CheckName(request->app(), "app"));
    QS_RETURN_IF_ERROR(CheckText(request->service(), "service"));
    question.app = AppName(request->app());
    question.service = ServiceName(request->service());
    question.stopped = request->stopped();
    return question;
  });
}

AdminService::Reactor* AdminService::Rollback(Context* context, const v1::RollbackRequest* request,
                                              v1::ChangeReply* reply) {
  return Ask(context, reply, [&]() -> absl::StatusOr<RollbackApp> {
    RollbackApp question;
    QS_ASSIGN_OR_RETURN(question.caller, MakeCaller(*request));
    QS_RETURN_IF_ERROR(CheckName(request->app(), "app"));
    if (request->to() < 0) return InvalidArgument("a revision is a number from 1 on");
    question.app = AppName(request->app());
    question.to = request->to();
    return question;
  });
}

AdminService::Reactor* AdminService::RemoveApp(Context* context,
                                               const v1::RemoveAppRequest* request,
                                               v1::ChangeReply* reply) {
  return Ask(context, reply, [&]() -> absl::StatusOr<controller::RemoveApp> {
    controller::RemoveApp question;
    QS_ASSIGN_OR_RETURN(question.caller, MakeCaller(*request));
    QS_RETURN_IF_ERROR(CheckName(request->app(), "app"));
    question.app = AppName(request->app());
    question.volumes = request->volumes();
    return question;
  });
}

}  // namespace quayside::controller
