// The JSON that `ctl -o json` promises (words and shapes of the contract), made from the
// controller's answers. Text, so that only .cc files see the JSON library. Fields whose value is
// unknown are left out. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ctl/context.h"
#include "quayside/v1/admin.pb.h"

namespace quayside::ctl {

std::string HostsJson(const v1::ListHostsReply& reply);
std::string HostJson(const v1::Host& host);  // with what `host inspect` shows beyond the list
std::string AppsJson(const v1::ListAppsReply& reply);
std::string InstancesJson(const std::vector<v1::InstanceRow>& rows);
std::string StatusJson(const v1::AppStatus& status);
std::string StatusesJson(const std::vector<v1::AppStatus>& statuses);
std::string RolloutJson(const v1::Rollout& rollout);  // with its targets
std::string HistoryJson(const v1::GetHistoryReply& reply);
std::string EventJson(const v1::Event& event);  // one line
std::string PlanJson(const v1::PlanReply& reply);
std::string AppDetailsJson(const v1::InspectAppReply& reply);  // secrets masked
std::string SpecJson(const v1::AppSpec& spec);                 // the same of the spec alone
std::string InstanceDetailsJson(const v1::InspectInstanceReply& reply);
std::string ExplainJson(const v1::ExplainReply& reply);
std::string RecoveryJson(const v1::GetRecoveryReply& reply);
std::string GarbageJson(const v1::CollectGarbageReply& reply);
std::string DoctorJson(const v1::DoctorReply& reply);
std::string VersionJson(std::string_view ctl_version, const v1::GetVersionReply& reply);
std::string ContextsJson(const std::vector<Context>& contexts, std::string_view current);
// {"KEY": ["value", …]}: what a verb did, as a list of names.
std::string ListJson(std::string_view key, const google::protobuf::RepeatedPtrField<std::string>&);

// The same document as block YAML. REQUIRES: `json` is valid JSON.
std::string JsonToYaml(std::string_view json);

// True when a variable of this name holds what must not be shown (PASSWORD, SECRET, TOKEN, KEY).
bool IsSecretName(std::string_view name);

}  // namespace quayside::ctl
