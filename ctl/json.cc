#include "ctl/json.h"

#include <nlohmann/json.hpp>

#include "ctl/json_parts.h"
#include "ctl/print.h"

namespace quayside::ctl {
namespace {

using Json = nlohmann::ordered_json;

std::string Dump(const Json& json, int indent = 2) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n";
}

// Unknown is left out.
void PutText(Json& object, const char* key, const std::string& value) {
  if (!value.empty()) object[key] = value;
}

template <typename Message>
void PutTime(Json& object, const char* key, const Message& timestamp) {
  if (timestamp.seconds() != 0) object[key] = Rfc3339(timestamp);
}

template <typename Entries>
Json Object(const Entries& entries) {
  Json object = Json::object();
  for (const auto& entry : entries) object[entry.key()] = entry.value();
  return object;
}

template <typename Items, typename Convert>
Json Array(const Items& items, Convert convert) {
  Json array = Json::array();
  for (const auto& item : items) array.push_back(convert(item));
  return array;
}

Json Strings(const google::protobuf::RepeatedPtrField<std::string>& texts) {
  return Array(texts, [](const std::string& text) { return Json(text); });
}

Json HostRow(const v1::Host& host) {
  Json json = {{"name", host.name()}, {"state", host.state()}};
  PutText(json, "availability", host.availability());
  PutText(json, "engine_state", host.engine_state());
  json["labels"] = Object(host.labels());
  PutText(json, "platform", host.platform());
  PutText(json, "engine", host.engine().version());
  PutText(json, "agent", host.agent_version());
  json["instances"] = host.instances();
  json["generation"] = host.generation();
  json["applied_generation"] = host.applied_generation();
  if (host.has_last_seen()) {
    const double seconds = host.last_seen().seconds() + host.last_seen().nanos() / 1e9;
    json["last_seen_seconds"] = static_cast<int64_t>(seconds * 10 + 0.5) / 10.0;
  }
  json["id"] = host.id();
  return json;
}

Json PortJson(const v1::Port& port) {
  return {{"host_ip", port.host_ip()},
          {"host_port", port.host_port()},
          {"port", port.container_port()},
          {"protocol", port.protocol()}};
}

Json InstanceJson(const v1::InstanceRow& row) {
  const v1::InstanceStatus& status = row.status();
  Json json = {
      {"instance", status.instance()}, {"app", status.app()}, {"service", status.service()},
      {"slot", status.slot()},         {"host", row.host()},  {"revision", status.revision()}};
  json["image"] = status.image();
  json["container"] = status.container();
  json["state"] = std::string(StateWord(status.state()));
  json["reason"] = status.reason();
  json["restarts"] = status.restarts();
  json["ports"] = Array(status.ports(), PortJson);
  PutTime(json, "since", status.since());
  json["proven"] = status.proven();
  json["desired"] = row.desired();
  json["host_known"] = row.host_known();
  return json;
}

Json TargetJson(const v1::RolloutTarget& target) {
  Json json = {{"service", target.service()}, {"slot", target.slot()}};
  PutText(json, "host", target.host());
  PutText(json, "instance", target.instance());
  json["action"] = target.action();
  json["state"] = target.state();
  json["reason"] = target.reason();
  if (target.has_observed()) {
    json["observed"] = std::string(StateWord(target.observed().state()));
    PutText(json, "log_tail", target.observed().log_tail());
  }
  return json;
}

Json RolloutObject(const v1::Rollout& rollout, bool with_targets) {
  Json json = {{"id", rollout.id()},
               {"from", rollout.from()},
               {"to", rollout.to()},
               {"state", rollout.state()},
               {"reason", rollout.reason()}};
  PutTime(json, "deadline", rollout.deadline());
  PutTime(json, "started_at", rollout.started_at());
  PutTime(json, "ended_at", rollout.ended_at());
  json["done"] = rollout.done();
  json["total"] = rollout.total();
  if (with_targets) json["targets"] = Array(rollout.targets(), TargetJson);
  return json;
}

Json StatusObject(const v1::AppStatus& status) {
  Json json = {
      {"app", status.app()}, {"revision", status.revision()}, {"converged", status.converged()}};
  if (status.has_rollout()) json["rollout"] = RolloutObject(status.rollout(), false);
  json["services"] = Array(status.services(), [](const v1::ServiceStatus& service) {
    Json one = {{"name", service.name()},
                {"desired", service.desired()},
                {"updated", service.updated()},
                {"healthy", service.healthy()}};
    PutText(one, "image", service.image());
    one["stopped"] = service.stopped();
    return one;
  });
  json["pending"] = Strings(status.pending());
  if (status.removed()) json["removed"] = true;
  return json;
}

Json RevisionObject(const v1::Revision& revision) {
  Json json = {
      {"revision", revision.revision()}, {"cause", revision.cause()}, {"by", revision.by()}};
  PutTime(json, "created_at", revision.created_at());
  json["images"] = Object(revision.images());
  PutText(json, "outcome", revision.outcome());
  PutText(json, "reason", revision.reason());
  return json;
}

Json EventObject(const v1::Event& event) {
  Json json = {{"id", event.id()}};
  PutTime(json, "at", event.at());
  json["kind"] = event.kind();
  // What an event is not about is "" or 0: every line has every field.
  json["app"] = event.app();
  json["host"] = event.host();
  json["instance"] = event.instance();
  json["revision"] = event.revision();
  json["message"] = event.message();
  return json;
}

}  // namespace

std::string HostsJson(const v1::ListHostsReply& reply) {
  return Dump(Array(reply.hosts(), HostRow));
}

std::string HostJson(const v1::Host& host) {
  Json json = HostRow(host);
  PutTime(json, "joined_at", host.joined_at());
  json["engine_facts"] = Json::parse(MessageJson(host.engine()), nullptr, false);
  json["strays"] = Strings(host.strays());
  json["unnamed_apps"] = Strings(host.unnamed_apps());
  json["rejections"] = Strings(host.rejections());
  return Dump(json);
}

std::string AppsJson(const v1::ListAppsReply& reply) {
  return Dump(Array(reply.apps(), [](const v1::AppSummary& app) {
    Json json = {
        {"app", app.app()},           {"revision", app.revision()}, {"converged", app.converged()},
        {"services", app.services()}, {"desired", app.desired()},   {"healthy", app.healthy()}};
    PutText(json, "rollout", app.rollout_state());
    json["stopped"] = app.stopped();
    json["removing"] = app.removing();
    return json;
  }));
}

std::string InstancesJson(const std::vector<v1::InstanceRow>& rows) {
  return Dump(Array(rows, InstanceJson));
}

std::string StatusJson(const v1::AppStatus& status) { return Dump(StatusObject(status)); }

std::string StatusesJson(const std::vector<v1::AppStatus>& statuses) {
  return Dump(Array(statuses, StatusObject));
}

std::string RolloutJson(const v1::Rollout& rollout) { return Dump(RolloutObject(rollout, true)); }

std::string HistoryJson(const v1::GetHistoryReply& reply) {
  return Dump(Array(reply.revisions(), RevisionObject));
}

std::string EventJson(const v1::Event& event) { return Dump(EventObject(event), -1); }

std::string PlanJson(const v1::PlanReply& reply) {
  const Json json = {
      {"changes", Array(reply.changes(),
                        [](const v1::PlanReply::Change& change) {
                          return Json{
                              {"host", change.host()},       {"app", change.app()},
                              {"service", change.service()}, {"slot", change.slot()},
                              {"action", change.action()},   {"downtime", change.downtime()},
                              {"why", change.why()}};
                        })},
      {"undone", Strings(reply.undone())},
      {"warnings", Strings(reply.warnings())}};
  return Dump(json);
}

std::string AppDetailsJson(const v1::InspectAppReply& reply) {
  Json json = {{"app", reply.spec().name()}};
  json.update(RevisionObject(reply.revision()));
  json["spec"] = Json::parse(MessageJson(reply.spec()), nullptr, false);
  return Dump(json);
}

std::string SpecJson(const v1::AppSpec& spec) {
  return Dump(Json::parse(MessageJson(spec), nullptr, false));
}

std::string InstanceDetailsJson(const v1::InspectInstanceReply& reply) {
  Json json = InstanceJson(reply.row());
  const v1::InstanceStatus& status = reply.row().status();
  json["exit_code"] = status.exit_code();
  json["oom_killed"] = status.oom_killed();
  json["uptime_only"] = status.uptime_only();
  json["retired"] = status.retired();
  PutText(json, "spec_digest", status.spec_digest());
  PutText(json, "log_tail", status.log_tail());
  json["spec"] = Json::parse(MessageJson(reply.spec()), nullptr, false);
  json["events"] = Array(reply.events(), EventObject);
  return Dump(json);
}

std::string ExplainJson(const v1::ExplainReply& reply) {
  return Dump(Array(reply.lines(), [](const v1::ExplainReply::Line& line) {
    Json json = {{"service", line.service()}};
    if (line.slot() != 0) json["slot"] = line.slot();
    PutText(json, "host", line.host());
    json["text"] = line.text();
    return json;
  }));
}

std::string RecoveryJson(const v1::GetRecoveryReply& reply) {
  Json json = {{"recovering", reply.recovering()}};
  PutText(json, "reason", reply.reason());
  PutTime(json, "since", reply.since());
  json["held"] = Strings(reply.held());
  return Dump(json);
}

std::string GarbageJson(const v1::CollectGarbageReply& reply) {
  return Dump(Array(reply.hosts(), [](const v1::CollectGarbageReply::HostResult& host) {
    Json json = {{"host", host.host()}};
    PutText(json, "error", host.error());
    json["lines"] = Strings(host.lines());
    return json;
  }));
}

std::string DoctorJson(const v1::DoctorReply& reply) {
  return Dump(Array(reply.findings(), [](const v1::DoctorReply::Finding& finding) {
    return Json{
        {"severity", finding.severity()}, {"subject", finding.subject()}, {"text", finding.text()}};
  }));
}

std::string VersionJson(std::string_view ctl_version, const v1::GetVersionReply& reply) {
  Json json = {{"ctl", std::string(ctl_version)}};
  PutText(json, "controller", reply.version());
  PutText(json, "fleet", reply.fleet_id());
  PutText(json, "store_epoch", reply.store_epoch());
  json["read_only"] = reply.read_only();
  PutText(json, "read_only_reason", reply.read_only_reason());
  json["recovering"] = reply.recovering();
  return Dump(json);
}

std::string ContextsJson(const std::vector<Context>& contexts, std::string_view current) {
  return Dump(Array(contexts, [&](const Context& context) {
    return Json{
        {"name", context.name}, {"socket", context.socket}, {"current", context.name == current}};
  }));
}

std::string ListJson(std::string_view key,
                     const google::protobuf::RepeatedPtrField<std::string>& values) {
  return Dump(Json{{std::string(key), Strings(values)}});
}

}  // namespace quayside::ctl
