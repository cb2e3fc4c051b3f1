// The calls that only read.
#include "controller/api/admin_service.h"

namespace quayside::controller {
namespace {

constexpr int32_t kDefaultEvents = 100;
constexpr int32_t kMaxEvents = 1'000;

}  // namespace

AdminService::Reactor* AdminService::GetVersion(Context* context, const v1::GetVersionRequest*,
                                                v1::GetVersionReply* reply) {
  return Ask(context, reply,
             [] { return absl::StatusOr<controller::GetVersion>(controller::GetVersion{}); });
}

AdminService::Reactor* AdminService::ListHosts(Context* context, const v1::ListHostsRequest*,
                                               v1::ListHostsReply* reply) {
  return Ask(context, reply,
             [] { return absl::StatusOr<controller::ListHosts>(controller::ListHosts{}); });
}

AdminService::Reactor* AdminService::ListApps(Context* context, const v1::ListAppsRequest*,
                                              v1::ListAppsReply* reply) {
  return Ask(context, reply,
             [] { return absl::StatusOr<controller::ListApps>(controller::ListApps{}); });
}

AdminService::Reactor* AdminService::ListInstances(Context* context,
                                                   const v1::ListInstancesRequest* request,
                                                   v1::ListInstancesReply* reply) {
  return Ask(context, reply, [&]() -> absl::StatusOr<controller::ListInstances> {
    QS_RETURN_IF_ERROR(CheckText(request->app(), "app"));
    QS_RETURN_IF_ERROR(CheckText(request->host(), "host"));
    QS_RETURN_IF_ERROR(CheckText(request->page_token(), "page_token"));
    controller::ListInstances question;
    question.app = request->app();
    question.host = request->host();
    question.all = request->all();
    question.page_token = request->page_token();
    return question;
  });
}

AdminService::Reactor* AdminService::GetStatus(Context* context,
                                               const v1::GetStatusRequest* request,
                                               v1::GetStatusReply* reply) {
  return Ask(context, reply, [&]() -> absl::StatusOr<controller::GetStatus> {
    QS_RETURN_IF_ERROR(CheckName(request->app(), "app"));
    controller::GetStatus question;
    question.app = AppName(request->app());
    return question;
  });
}

AdminService::Reactor* AdminService::GetHistory(Context* context,
                                                const v1::GetHistoryRequest* request,
                                                v1::GetHistoryReply* reply) {
  return Ask(context, reply, [&]() -> absl::StatusOr<controller::GetHistory> {
    QS_RETURN_IF_ERROR(CheckName(request->app(), "app"));
    controller::GetHistory question;
    question.app = AppName(request->app());
    return question;
  });
}

AdminService::Reactor* AdminService::InspectApp(Context* context,
                                                const v1::InspectAppRequest* request,
                                                v1::InspectAppReply* reply) {
  return Ask(context, reply, [&]() -> absl::StatusOr<controller::InspectApp> {
    QS_RETURN_IF_ERROR(CheckName(request->app(), "app"));
    controller::InspectApp question;
    if (request->revision() < 0) return InvalidArgument("a revision is a number from 1 on");
    question.app = AppName(request->app());
    question.revision = request->revision();
    return question;
  });
}

AdminService::Reactor* AdminService::InspectInstance(Context* context,
                                                     const v1::InspectInstanceRequest* request,
                                                     v1::InspectInstanceReply* reply) {
  return Ask(context, reply, [&]() -> absl::StatusOr<controller::InspectInstance> {
    QS_RETURN_IF_ERROR(CheckName(request->instance(), "instance"));
    controller::InspectInstance question;
    question.instance = InstanceId(request->instance());
    return question;
  });
}

AdminService::Reactor* AdminService::Explain(Context* context, const v1::ExplainRequest* request,
                                             v1::ExplainReply* reply) {
  return Ask(context, reply, [&]() -> absl::StatusOr<controller::Explain> {
    QS_RETURN_IF_ERROR(CheckName(request->app(), "app"));
    QS_RETURN_IF_ERROR(CheckText(request->host(), "host"));
    controller::Explain question;
    question.app = AppName(request->app());
    question.host = request->host();
    return question;
  });
}

AdminService::Reactor* AdminService::ListEvents(Context* context,
                                                const v1::ListEventsRequest* request,
                                                v1::ListEventsReply* reply) {
  return Ask(context, reply, [&]() -> absl::StatusOr<controller::ListEvents> {
    QS_RETURN_IF_ERROR(CheckText(request->app(), "app"));
    QS_RETURN_IF_ERROR(CheckText(request->host(), "host"));
    if (request->limit() < 0 || request->limit() > kMaxEvents) {
      return InvalidArgument("limit must be between 0 and 1000 events");
    }
    if (request->after_id() < 0) return InvalidArgument("after_id is the id of an event, or 0");
    controller::ListEvents question;
    question.app = request->app();
    question.host = request->host();
    question.after_id = request->after_id();
    question.limit = request->limit() == 0 ? kDefaultEvents : request->limit();
    return question;
  });
}

AdminService::Reactor* AdminService::GetRecovery(Context* context, const v1::GetRecoveryRequest*,
                                                 v1::GetRecoveryReply* reply) {
  return Ask(context, reply,
             [] { return absl::StatusOr<controller::GetRecovery>(controller::GetRecovery{}); });
}

AdminService::Reactor* AdminService::Doctor(Context* context, const v1::DoctorRequest* request,
                                            v1::DoctorReply* reply) {
  return Ask(context, reply, [&]() -> absl::StatusOr<RunDoctor> {
    QS_RETURN_IF_ERROR(CheckText(request->host(), "host"));
    RunDoctor question;
    question.host = request->host();
    return question;
  });
}

}  // namespace quayside::controller
