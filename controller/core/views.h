// Views are the answers to reads, made of committed rows and of presence. Nothing here changes
// anything. Core thread.
#pragma once

#include "controller/core/core_state.h"

namespace quayside::controller {

// views_hosts.cc
HostView ViewHost(const CoreState& state, const HostRow& row);
std::vector<HostView> ViewHosts(const CoreState& state);

// views_instances.cc
absl::StatusOr<InstancePage> ViewInstances(const CoreState& state, const ListInstances& request);
// One instance, desired or only observed, as `ps` shows it.
InstanceView ViewInstance(const CoreState& state, const HostId& host, const InstanceRow* desired,
                          const InstanceStatus* observed);
absl::StatusOr<InstanceDetails> ViewInstanceDetails(CoreState& state, const InstanceId& id);

// views_status.cc
// What `ctl status` says, also of an app that is gone (`removed`).
AppStatusView ViewStatus(const CoreState& state, const AppName& app);
std::vector<AppSummaryView> ViewApps(const CoreState& state);
RolloutView ViewRollout(const CoreState& state, const RolloutRow& row);

// views_history.cc
absl::StatusOr<std::vector<RevisionView>> ViewHistory(const CoreState& state, const AppName& app);
absl::StatusOr<RevisionView> ViewRevision(const CoreState& state, const AppName& app,
                                          int64_t number);

// explain.cc
absl::StatusOr<std::vector<ExplainLine>> ViewExplanation(CoreState& state, const AppName& app,
                                                         const std::string& host);

// plan_view.cc
absl::StatusOr<PlanView> ViewPlan(CoreState& state, const PlanApp& request);

// doctor.cc
absl::StatusOr<std::vector<Finding>> ViewFindings(const CoreState& state, const std::string& host);

}  // namespace quayside::controller
