// The calls about hosts and about the house: recovery and cleanup.
#include "common/wire/convert.h"
#include "controller/api/admin_service.h"

namespace quayside::controller {
namespace {

constexpr int kMaxLabels = 256;
constexpr int kMaxSlot = 100'000;

}  // namespace

AdminService::Reactor* AdminService::LabelHost(Context* context,
                                               const v1::LabelHostRequest* request,
                                               v1::LabelHostReply* reply) {
  return Ask(context, reply, [&]() -> absl::StatusOr<controller::LabelHost> {
    controller::LabelHost question;
    QS_ASSIGN_OR_RETURN(question.caller, MakeCaller(*request));
    QS_RETURN_IF_ERROR(CheckName(request->host(), "host"));
    if (request->set_size() > kMaxLabels || request->remove_size() > kMaxLabels) {
      return InvalidArgument("at most 256 labels are changed at once");
    }
    for (const v1::StringEntry& label : request->set()) {
      QS_RETURN_IF_ERROR(CheckName(label.key(), "a label's name"));
      QS_RETURN_IF_ERROR(CheckText(label.value(), "a label's value"));
    }
    for (const std::string& name : request->remove()) {
      QS_RETURN_IF_ERROR(CheckText(name, "a label's name"));
    }
    question.host = request->host();
    QS_RETURN_IF_ERROR(wire::TakeMap(request->set(), "set", &question.set));
    question.remove = wire::TakeList(request->remove());
    return question;
  });
}

AdminService::Reactor* AdminService::RemoveHost(Context* context,
                                                const v1::RemoveHostRequest* request,
                                                v1::RemoveHostReply* reply) {
  return Ask(context, reply, [&]() -> absl::StatusOr<controller::RemoveHost> {
    controller::RemoveHost question;
    QS_ASSIGN_OR_RETURN(question.caller, MakeCaller(*request));
    QS_RETURN_IF_ERROR(CheckName(request->host(), "host"));
    question.host = request->host();
    question.keep = request->keep();
    question.force = request->force();
    return question;
  });
}

AdminService::Reactor* AdminService::ConfirmHost(Context* context,
                                                 const v1::ConfirmHostRequest* request,
                                                 v1::ConfirmHostReply* reply) {
  return Ask(context, reply, [&]() -> absl::StatusOr<controller::ConfirmHost> {
    controller::ConfirmHost question;
    QS_ASSIGN_OR_RETURN(question.caller, MakeCaller(*request));
    QS_RETURN_IF_ERROR(CheckName(request->host(), "host"));
    QS_RETURN_IF_ERROR(CheckText(request->app(), "app"));
    question.host = request->host();
    question.app = request->app();
    return question;
  });
}

AdminService::Reactor* AdminService::AdoptHost(Context* context,
                                               const v1::AdoptHostRequest* request,
                                               v1::AdoptHostReply* reply) {
  return Ask(context, reply, [&]() -> absl::StatusOr<controller::AdoptHost> {
    controller::AdoptHost question;
    QS_ASSIGN_OR_RETURN(question.caller, MakeCaller(*request));
    QS_RETURN_IF_ERROR(CheckName(request->host(), "host"));
    QS_RETURN_IF_ERROR(CheckText(request->old_host_id(), "old_host_id"));
    question.host = request->host();
    question.old_host_id = request->old_host_id();
    return question;
  });
}

AdminService::Reactor* AdminService::MoveSlot(Context* context, const v1::MoveSlotRequest* request,
                                              v1::ChangeReply* reply) {
  return Ask(context, reply, [&]() -> absl::StatusOr<controller::MoveSlot> {
    controller::MoveSlot question;
    QS_ASSIGN_OR_RETURN(question.caller, MakeCaller(*request));
    QS_RETURN_IF_ERROR(CheckName(request->app(), "app"));
    QS_RETURN_IF_ERROR(CheckName(request->service(), "service"));
    QS_RETURN_IF_ERROR(CheckName(request->to_host(), "to_host"));
    QS_RETURN_IF_ERROR(wire::CheckRange(request->slot(), 1, kMaxSlot, "slot"));
    question.slot = {AppName(request->app()), ServiceName(request->service()), request->slot()};
    question.to_host = request->to_host();
    return question;
  });
}

AdminService::Reactor* AdminService::AcceptRecovery(Context* context,
                                                    const v1::AcceptRecoveryRequest* request,
                                                    v1::AcceptRecoveryReply* reply) {
  return Ask(context, reply, [&]() -> absl::StatusOr<controller::AcceptRecovery> {
    controller::AcceptRecovery question;
    QS_ASSIGN_OR_RETURN(question.caller, MakeCaller(*request));
    QS_RETURN_IF_ERROR(CheckText(request->app(), "app"));
    question.app = request->app();
    return question;
  });
}

AdminService::Reactor* AdminService::CollectGarbage(Context* context,
                                                    const v1::CollectGarbageRequest* request,
                                                    v1::CollectGarbageReply* reply) {
  return Ask(context, reply, [&]() -> absl::StatusOr<controller::CollectGarbage> {
    controller::CollectGarbage question;
    QS_ASSIGN_OR_RETURN(question.caller, MakeCaller(*request));
    QS_RETURN_IF_ERROR(CheckText(request->host(), "host"));
    question.host = request->host();
    question.dry_run = request->dry_run();
    return question;
  });
}

}  // namespace quayside::controller
