// The core's answers as messages of admin.proto. One function per view; each only sets fields that
// its message has, in the order of their numbers. Pure; api threads.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "controller/core/requests.h"
#include "quayside/v1/admin.pb.h"

namespace quayside::controller {

// ---- parts ----
void Fill(const HostView& view, v1::Host* out);
void Fill(const InstanceView& view, v1::InstanceRow* out);
void Fill(const AppStatusView& view, v1::AppStatus* out);
void Fill(const RolloutView& view, v1::Rollout* out);
void Fill(const RevisionView& view, v1::Revision* out);
void Fill(const EventRow& row, v1::Event* out);

// ---- replies; an error means that what is stored cannot be shown (a bug, or damage) ----
absl::Status Fill(const VersionView& view, v1::GetVersionReply* reply);
absl::Status Fill(const std::vector<HostView>& hosts, v1::ListHostsReply* reply);
absl::Status Fill(const std::vector<AppSummaryView>& apps, v1::ListAppsReply* reply);
absl::Status Fill(const InstancePage& page, v1::ListInstancesReply* reply);
absl::Status Fill(const AppStatusView& view, v1::GetStatusReply* reply);
absl::Status Fill(const std::vector<RevisionView>& revisions, v1::GetHistoryReply* reply);
absl::Status Fill(const RevisionView& revision, v1::InspectAppReply* reply);
absl::Status Fill(const InstanceDetails& details, v1::InspectInstanceReply* reply);
absl::Status Fill(const std::vector<ExplainLine>& lines, v1::ExplainReply* reply);
absl::Status Fill(const std::vector<EventRow>& events, v1::ListEventsReply* reply);
absl::Status Fill(const RecoveryView& view, v1::GetRecoveryReply* reply);
absl::Status Fill(const std::vector<Finding>& findings, v1::DoctorReply* reply);
absl::Status Fill(const PlanView& plan, v1::PlanReply* reply);
absl::Status Fill(const ChangeResult& result, v1::ChangeReply* reply);
absl::Status Fill(const HostView& host, v1::LabelHostReply* reply);
absl::Status Fill(const std::monostate& nothing, v1::RemoveHostReply* reply);
absl::Status Fill(const std::vector<std::string>& released, v1::ConfirmHostReply* reply);
absl::Status Fill(const HostId& host, v1::AdoptHostReply* reply);
absl::Status Fill(const std::vector<std::string>& accepted, v1::AcceptRecoveryReply* reply);
absl::Status Fill(const std::vector<GcHostResult>& results, v1::CollectGarbageReply* reply);

}  // namespace quayside::controller
