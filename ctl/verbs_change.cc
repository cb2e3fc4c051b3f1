// Verbs that make a new revision of an app, or follow the rollout to it.
#include "common/base/status.h"
#include "ctl/json.h"
#include "ctl/operand.h"
#include "ctl/print.h"
#include "ctl/progress.h"
#include "ctl/verbs.h"
#include "ctl/wait.h"

namespace quayside::ctl {
namespace {

absl::StatusOr<int> SetStopped(Session& s, bool stopped) {
  const std::string usage = stopped ? "ctl stop shop/worker" : "ctl start shop/worker";
  QS_ASSIGN_OR_RETURN(const ServiceOperand operand, ParseService(s.in.operands[0], usage));
  v1::SetStoppedRequest request;
  request.set_app(operand.app);
  request.set_service(operand.service);
  request.set_stopped(stopped);
  QS_ASSIGN_OR_RETURN(const v1::ChangeReply reply,
                      s.client.Change(&Client::Stub::SetStopped, request));
  return Finish(s, operand.app, reply);
}

absl::StatusOr<v1::AppStatus> StatusOf(Session& s, const std::string& app) {
  v1::GetStatusRequest request;
  request.set_app(app);
  QS_ASSIGN_OR_RETURN(const v1::GetStatusReply reply,
                      s.client.Read(&Client::Stub::GetStatus, request));
  if (!reply.status().has_rollout()) {
    return NotFound("the app " + app + " has had no rollout yet; `ctl history " + app +
                    "` shows its revisions");
  }
  return reply.status();
}

}  // namespace

absl::StatusOr<int> Deploy(Session& s) {
  v1::DeployRequest request;
  request.set_app(s.in.operands[0]);
  request.set_host(s.in.Value("host"));
  for (size_t i = 1; i < s.in.operands.size(); ++i) {
    QS_ASSIGN_OR_RETURN(const ImageOperand operand, ParseImage(s.in.operands[i]));
    for (const v1::StringEntry& before : request.images()) {
      if (before.key() == operand.service) {
        return InvalidArgument("`ctl deploy` was given two images for " +
                               (operand.service.empty() ? "the app's only service"
                                                        : "the service " + operand.service) +
                               "; name each service once, as in web=IMAGE");
      }
    }
    v1::StringEntry* image = request.add_images();
    image->set_key(operand.service);
    image->set_value(operand.image);
  }
  QS_ASSIGN_OR_RETURN(const v1::ChangeReply reply, s.client.Change(&Client::Stub::Deploy, request));
  return Finish(s, request.app(), reply);
}

absl::StatusOr<int> Scale(Session& s) {
  QS_ASSIGN_OR_RETURN(const ScaleOperand operand, ParseScale(s.in.operands[0]));
  v1::ScaleRequest request;
  request.set_app(operand.app);
  request.set_service(operand.service);
  request.set_replicas(operand.replicas);
  QS_ASSIGN_OR_RETURN(const v1::ChangeReply reply, s.client.Change(&Client::Stub::Scale, request));
  return Finish(s, operand.app, reply);
}

absl::StatusOr<int> Restart(Session& s) {
  QS_ASSIGN_OR_RETURN(const ServiceOperand operand,
                      ParseService(s.in.operands[0], "ctl restart shop/web"));
  v1::RestartRequest request;
  request.set_app(operand.app);
  request.set_service(operand.service);
  QS_ASSIGN_OR_RETURN(const v1::ChangeReply reply,
                      s.client.Change(&Client::Stub::Restart, request));
  return Finish(s, operand.app, reply);
}

absl::StatusOr<int> Stop(Session& s) { return SetStopped(s, true); }

absl::StatusOr<int> Start(Session& s) { return SetStopped(s, false); }

absl::StatusOr<int> Rollback(Session& s) {
  v1::RollbackRequest request;
  request.set_app(s.in.operands[0]);
  if (s.in.Has("to")) {
    QS_ASSIGN_OR_RETURN(const int64_t to, ParseNumber(s.in.Value("to"), 1, kMaxRevision, "--to"));
    request.set_to(to);
  }
  QS_ASSIGN_OR_RETURN(const v1::ChangeReply reply,
                      s.client.Change(&Client::Stub::Rollback, request));
  return Finish(s, request.app(), reply);
}

absl::StatusOr<int> Remove(Session& s) {
  v1::RemoveAppRequest request;
  request.set_app(s.in.operands[0]);
  request.set_volumes(s.in.Has("volumes"));
  QS_RETURN_IF_ERROR(ConfirmDangerous(
      s, "Remove the app " + request.app() + " from every host" +
             (request.volumes() ? ", with its volumes and what is in them?" : "?")));
  QS_ASSIGN_OR_RETURN(const v1::ChangeReply reply,
                      s.client.Change(&Client::Stub::RemoveApp, request));
  return Finish(s, request.app(), reply, /*removal=*/true);
}

absl::StatusOr<int> RolloutStatus(Session& s) {
  QS_ASSIGN_OR_RETURN(const v1::AppStatus status, StatusOf(s, s.in.operands[0]));
  if (WantsDocument(s)) {
    PrintDocument(s, RolloutJson(status.rollout()));
    return kExitDone;
  }
  const v1::Rollout& rollout = status.rollout();
  const absl::Time end = rollout.has_ended_at() ? ToTime(rollout.ended_at()) : s.clock.Wall();
  const size_t everything = static_cast<size_t>(rollout.targets_size()) + 3;
  for (const ProgressLine& line :
       RenderProgress(status, end - ToTime(rollout.started_at()), everything, kNoWidthLimit)) {
    s.console.out << s.console.Paint(line.text, line.tone) << "\n";
  }
  if (!rollout.reason().empty()) s.console.out << "  because " << Escape(rollout.reason()) << "\n";
  return kExitDone;
}

absl::StatusOr<int> RolloutWatch(Session& s) {
  QS_ASSIGN_OR_RETURN(const v1::AppStatus status, StatusOf(s, s.in.operands[0]));
  return WaitFor(s, {.app = s.in.operands[0],
                     .rollout = status.rollout().id(),
                     .revision = status.rollout().to()});
}

}  // namespace quayside::ctl
