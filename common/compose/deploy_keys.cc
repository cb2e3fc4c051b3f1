#include "common/compose/deploy_keys.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "common/compose/labels.h"

namespace quayside::compose {
namespace {

constexpr int64_t kMaxReplicas = 10'000;
constexpr int64_t kMaxAttempts = 1'000'000;

// ---- placement ----

// A key that a constraint or a preference may name.
bool CheckHostKey(Reader& reader, const Mark& mark, std::string_view key) {
  for (const std::string_view prefix : {"node.labels.", "host.labels."}) {
    if (key.starts_with(prefix) && key.size() > prefix.size()) return true;
  }
  for (const std::string_view known :
       {"node.hostname", "node.id", "node.platform.os", "node.platform.arch"}) {
    if (key == known) return true;
  }
  const std::string hint =
      key.starts_with("node.role") || key.starts_with("engine.labels")
          ? "; give the hosts a label (`ctl host label`) and name it as node.labels.NAME"
          : "; node.labels.NAME, node.hostname, node.id, node.platform.os and node.platform.arch "
            "are";
  reader.Error(mark, "\"" + std::string(key.substr(0, 100)) + "\" does not name hosts here" + hint);
  return false;
}

std::string_view Trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

void ReadConstraint(Reader& reader, const Mark& mark, std::string_view text,
                    PlacementSpec& placement) {
  const size_t equal = text.find("==");
  const size_t unequal = text.find("!=");
  const size_t at = std::min(equal, unequal);
  const std::string_view key = Trim(text.substr(0, at));
  const std::string_view value = at == std::string_view::npos ? "" : Trim(text.substr(at + 2));
  if (key.empty() || value.empty()) {
    reader.Error(mark, "\"" + std::string(text.substr(0, 100)) +
                           "\" is not a constraint like node.labels.zone == a");
    return;
  }
  if (!CheckHostKey(reader, mark, key)) return;
  placement.constraints.push_back(
      {.key = std::string(key), .equal = equal < unequal, .value = std::string(value)});
}

void ReadConstraints(Reader& reader, const Node& node, PlacementSpec& placement) {
  if (!reader.ExpectSequence(node)) return;
  for (const Node& item : node.items) {
    std::string text;
    if (reader.Text(item, text)) ReadConstraint(reader, item.mark, text, placement);
  }
}

void ReadPreferences(Reader& reader, const Node& node, PlacementSpec& placement) {
  if (!reader.ExpectSequence(node)) return;
  for (const Node& item : node.items) {
    if (!reader.ExpectMap(item)) continue;
    for (const Entry& entry : item.entries) {
      std::string key;
      if (entry.key != "spread") {
        reader.UnknownKey(entry, {"spread"});
      } else if (reader.Text(entry.value, key) && CheckHostKey(reader, entry.value.mark, key)) {
        placement.spread_over.push_back(std::move(key));
      }
    }
  }
}

constexpr std::array kPlacementKeys = {
    Honoured<PlacementSpec>(
        "constraints",
        "`key == value` or `key != value`, all must hold; keys node.labels.X (= "
        "host.labels.X), node.hostname, node.id, node.platform.os, "
        "node.platform.arch",
        ReadConstraints),
    Honoured<PlacementSpec>("preferences", "`spread: node.labels.X`", ReadPreferences),
    Honoured<PlacementSpec>("max_replicas_per_node", "at most so many instances on one host",
                            [](Reader& reader, const Node& node, PlacementSpec& placement) {
                              reader.Integer(node, 0, kMaxReplicas,
                                             placement.max_replicas_per_node);
                            }),
};

// ---- update_config and rollback_config ----

struct UpdateDraft {
  UpdateConfig config;
  bool failure_action_said = false;
  bool is_rollback = false;
};

void ReadOrder(Reader& reader, const Node& node, UpdateDraft& update) {
  std::string text;
  // `auto` is Quayside's own word for its default, so that `ctl config` can print it.
  if (!reader.Choice(node, {"stop-first", "start-first", "auto"}, text)) return;
  update.config.order = text == "stop-first"    ? UpdateOrder::kStopFirst
                        : text == "start-first" ? UpdateOrder::kStartFirst
                                                : UpdateOrder::kAuto;
}

void ReadFailureAction(Reader& reader, const Node& node, UpdateDraft& update) {
  std::string text;
  if (!reader.Choice(node, {"rollback", "pause", "continue"}, text)) return;
  if (text == "rollback" && update.is_rollback) {
    reader.Error(node.mark, "a rollback that fails is never rolled back; say pause or continue");
    return;
  }
  update.failure_action_said = true;
  update.config.failure_action = text == "rollback" ? FailureAction::kRollback
                                 : text == "pause"  ? FailureAction::kPause
                                                    : FailureAction::kContinue;
}

constexpr std::array kUpdateKeys = {
    Honoured<UpdateDraft>("parallelism", "instances at a time; 1 unless set, 0 = all at once",
                          [](Reader& reader, const Node& node, UpdateDraft& update) {
                            reader.Integer(node, 0, kMaxReplicas, update.config.parallelism);
                          }),
    Honoured<UpdateDraft>("delay", "wait between one and the next; 0s unless set",
                          [](Reader& reader, const Node& node, UpdateDraft& update) {
                            reader.Duration(node, update.config.delay);
                          }),
    Honoured<UpdateDraft>("failure_action",
                          "rollback (unless set; not in rollback_config, where it is pause), pause "
                          "or continue",
                          ReadFailureAction),
    Honoured<UpdateDraft>("monitor",
                          "watched for so long after the minimum healthy time; 0s unless set",
                          [](Reader& reader, const Node& node, UpdateDraft& update) {
                            reader.Duration(node, update.config.monitor);
                          }),
    Honoured<UpdateDraft>("max_failure_ratio",
                          "acts when more than this part of the instances fails; 0 unless set",
                          [](Reader& reader, const Node& node, UpdateDraft& update) {
                            reader.Real(node, 0, 1, update.config.max_failure_ratio);
                          }),
    Honoured<UpdateDraft>("order",
                          "stop-first, start-first, or auto (unless set): start-first unless "
                          "something is exclusive on the host",
                          ReadOrder),
};

// ---- restart_policy ----

constexpr std::array kRestartKeys = {
    Honoured<RestartSpec>("condition", "none, on-failure or any (unless set)",
                          [](Reader& reader, const Node& node, RestartSpec& restart) {
                            std::string text;
                            if (!reader.Choice(node, {"none", "on-failure", "any"}, text)) return;
                            restart.condition = text == "none" ? RestartSpec::Condition::kNone
                                                : text == "any"
                                                    ? RestartSpec::Condition::kAny
                                                    : RestartSpec::Condition::kOnFailure;
                          }),
    Honoured<RestartSpec>("delay", "wait before a restart; 0s unless set",
                          [](Reader& reader, const Node& node, RestartSpec& restart) {
                            reader.Duration(node, restart.delay);
                          }),
    Honoured<RestartSpec>("max_attempts", "no limit unless set",
                          [](Reader& reader, const Node& node, RestartSpec& restart) {
                            reader.Integer(node, 0, kMaxAttempts, restart.max_attempts);
                          }),
    Honoured<RestartSpec>("window", "how long it must run for the restart to count as a success",
                          [](Reader& reader, const Node& node, RestartSpec& restart) {
                            reader.Duration(node, restart.window);
                          }),
};

// ---- resources ----

constexpr std::array kLimitKeys = {
    Honoured<ServiceDraft>("cpus", "as cpus",
                           [](Reader& reader, const Node& node, ServiceDraft& draft) {
                             int64_t value = 0;
                             if (!reader.NanoCpus(node, value)) return;
                             SetAgreeing(reader, node, value,
                                         draft.spec.container.resources.nano_cpus);
                           }),
    Honoured<ServiceDraft>("memory", "as mem_limit",
                           [](Reader& reader, const Node& node, ServiceDraft& draft) {
                             int64_t value = 0;
                             if (!reader.Bytes(node, value)) return;
                             SetAgreeing(reader, node, value,
                                         draft.spec.container.resources.memory_bytes);
                           }),
    Honoured<ServiceDraft>("pids", "as pids_limit",
                           [](Reader& reader, const Node& node, ServiceDraft& draft) {
                             int64_t value = 0;
                             if (!reader.Integer(node, -1, INT32_MAX, value)) return;
                             SetAgreeing(reader, node, value,
                                         draft.spec.container.resources.pids_limit);
                           }),
};

constexpr std::array kReservationKeys = {
    Honoured<ServiceDraft>("cpus", "kept free on the host for each instance",
                           [](Reader& reader, const Node& node, ServiceDraft& draft) {
                             reader.NanoCpus(node, draft.spec.reservations.nano_cpus);
                           }),
    Honoured<ServiceDraft>(
        "memory", "kept free on the host for each instance, and the engine's soft limit",
        [](Reader& reader, const Node& node, ServiceDraft& draft) {
          int64_t value = 0;
          if (!reader.Bytes(node, value)) return;
          SetAgreeing(reader, node, value, draft.spec.container.resources.memory_reservation_bytes);
        }),
    Refused<ServiceDraft>("devices", "list the device files under devices"),
    Refused<ServiceDraft>("generic_resources", "label the hosts that have it and use a constraint"),
};

constexpr std::array kResourceKeys = {
    Honoured<ServiceDraft>("limits", "see below",
                           [](Reader& reader, const Node& node, ServiceDraft& draft) {
                             ReadKeys<ServiceDraft>(reader, node, kLimitKeys, draft);
                           }),
    Honoured<ServiceDraft>("reservations", "see below",
                           [](Reader& reader, const Node& node, ServiceDraft& draft) {
                             ReadKeys<ServiceDraft>(reader, node, kReservationKeys, draft);
                           }),
};

// ---- deploy ----

void ReadMode(Reader& reader, const Node& node, ServiceDraft& draft) {
  std::string text;
  if (!reader.Text(node, text)) return;
  draft.mode_said = true;
  if (text == "replicated-job" || text == "global-job") {
    reader.Unsupported(node.mark, "the mode " + text +
                                      " is not supported; a service with restart_policy.condition "
                                      "on-failure runs to its end and is proven by exit code 0");
  } else if (reader.Choice(node, {"replicated", "global"}, text)) {
    draft.spec.mode = text == "global" ? ServiceMode::kGlobal : ServiceMode::kReplicated;
  }
}

void ReadUpdate(Reader& reader, const Node& node, ServiceDraft& draft) {
  UpdateDraft update;
  update.config = draft.spec.update;
  ReadKeys<UpdateDraft>(reader, node, kUpdateKeys, update);
  draft.spec.update = update.config;
  draft.failure_action_said = update.failure_action_said;
}

void ReadRollback(Reader& reader, const Node& node, ServiceDraft& draft) {
  UpdateDraft update;
  update.config = draft.spec.rollback;
  update.is_rollback = true;
  ReadKeys<UpdateDraft>(reader, node, kUpdateKeys, update);
  draft.spec.rollback = update.config;
}

constexpr std::array kDeployKeys = {
    Honoured<ServiceDraft>(
        "mode", "replicated (unless set), or global: one on every host that matches", ReadMode),
    Honoured<ServiceDraft>("replicas", "how many instances; 1 unless set",
                           [](Reader& reader, const Node& node, ServiceDraft& draft) {
                             int64_t value = 0;
                             if (!reader.Integer(node, 0, kMaxReplicas, value)) return;
                             draft.replicas = value;
                             draft.marks["deploy.replicas"] = node.mark;
                           }),
    Honoured<ServiceDraft>("placement", "see below",
                           [](Reader& reader, const Node& node, ServiceDraft& draft) {
                             draft.placement_said = true;
                             ReadKeys<PlacementSpec>(reader, node, kPlacementKeys,
                                                     draft.spec.placement);
                           }),
    Honoured<ServiceDraft>("update_config", "see below", ReadUpdate),
    Honoured<ServiceDraft>("rollback_config", "the same keys, for going back", ReadRollback),
    Honoured<ServiceDraft>("restart_policy", "see below; wins over restart",
                           [](Reader& reader, const Node& node, ServiceDraft& draft) {
                             RestartSpec restart;
                             ReadKeys<RestartSpec>(reader, node, kRestartKeys, restart);
                             draft.restart_policy = restart;
                           }),
    Honoured<ServiceDraft>("resources", "see below",
                           [](Reader& reader, const Node& node, ServiceDraft& draft) {
                             ReadKeys<ServiceDraft>(reader, node, kResourceKeys, draft);
                           }),
    Honoured<ServiceDraft>("labels", "labels of the service, not of its containers",
                           [](Reader& reader, const Node& node, ServiceDraft& draft) {
                             ReadLabels(reader, node, draft.spec.deploy_labels);
                           }),
    Refused<ServiceDraft>("endpoint_mode",
                          "leave it out: there is no virtual address; a service's "
                          "name answers with its instances on the host"),
};

}  // namespace

void SetAgreeing(Reader& reader, const Node& node, int64_t value, int64_t& field) {
  if (field != 0 && field != value) {
    reader.Error(node.mark,
                 "another key of the service says another value for the same thing; "
                 "keep one of them");
    return;
  }
  field = value;
}

void ReadDeploy(Reader& reader, const Node& node, ServiceDraft& draft) {
  ReadKeys<ServiceDraft>(reader, node, kDeployKeys, draft);
}

void AppendDeployKeys(std::vector<KeyDoc>& docs) {
  AppendDocs<ServiceDraft>("services.*.deploy.", kDeployKeys, docs);
  AppendDocs<PlacementSpec>("services.*.deploy.placement.", kPlacementKeys, docs);
  AppendDocs<UpdateDraft>("services.*.deploy.update_config.", kUpdateKeys, docs);
  AppendDocs<UpdateDraft>("services.*.deploy.rollback_config.", kUpdateKeys, docs);
  AppendDocs<RestartSpec>("services.*.deploy.restart_policy.", kRestartKeys, docs);
  AppendDocs<ServiceDraft>("services.*.deploy.resources.", kResourceKeys, docs);
  AppendDocs<ServiceDraft>("services.*.deploy.resources.limits.", kLimitKeys, docs);
  AppendDocs<ServiceDraft>("services.*.deploy.resources.reservations.", kReservationKeys, docs);
}

}  // namespace quayside::compose
