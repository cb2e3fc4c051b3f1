#include "common/compose/quayside_keys.h"

#include <array>
#include <string>
#include <utility>

#include "common/base/status.h"
#include "common/compose/scalar.h"
#include "common/compose/shell_words.h"

namespace quayside::compose {
namespace {

// ---- rollout ----

template <std::string RolloutSettings::*member>
void RolloutText(Reader& reader, const Node& node, ServiceDraft& draft) {
  reader.Text(node, draft.spec.rollout.*member);
}
template <absl::Duration RolloutSettings::*member>
void RolloutDuration(Reader& reader, const Node& node, ServiceDraft& draft) {
  reader.Duration(node, draft.spec.rollout.*member);
}

// "1" or "10%".
template <std::string RolloutSettings::*member>
void RolloutCount(Reader& reader, const Node& node, ServiceDraft& draft) {
  std::string text;
  if (!reader.Text(node, text)) return;
  const bool percent = text.ends_with('%');
  const std::string_view digits = std::string_view(text).substr(0, text.size() - (percent ? 1 : 0));
  if (!ParseInteger(digits, 1, percent ? 100 : 10'000).ok()) {
    reader.Error(node.mark,
                 "\"" + text.substr(0, 40) + "\" is not a number like 1 or a part like 10%");
    return;
  }
  draft.spec.rollout.*member = text;
}

void ReadOnFailure(Reader& reader, const Node& node, ServiceDraft& draft) {
  std::string text;
  if (!reader.Choice(node, {"rollback", "pause"}, text)) return;
  const FailureAction action =
      text == "rollback" ? FailureAction::kRollback : FailureAction::kPause;
  if (draft.failure_action_said && draft.spec.update.failure_action != action) {
    reader.Error(node.mark,
                 "deploy.update_config.failure_action says another thing; keep one of them");
    return;
  }
  draft.spec.update.failure_action = action;
}

constexpr std::array kRolloutKeys = {
    Honoured<ServiceDraft>("min_healthy", "how long it must be healthy to count; 10s unless set",
                           RolloutDuration<&RolloutSettings::min_healthy>),
    Honoured<ServiceDraft>("deadline", "each instance must be proven by then; 5m unless set",
                           RolloutDuration<&RolloutSettings::deadline>),
    Honoured<ServiceDraft>("on_failure", "rollback (unless set) or pause", ReadOnFailure),
    Honoured<ServiceDraft>("canary",
                           "kept with the revision for staged rollouts: hosts that go first",
                           RolloutCount<&RolloutSettings::canary>),
    Honoured<ServiceDraft>("batch", "kept with the revision for staged rollouts: hosts at a time",
                           RolloutCount<&RolloutSettings::batch>),
    Honoured<ServiceDraft>("soak", "kept with the revision for staged rollouts: wait after a batch",
                           RolloutDuration<&RolloutSettings::soak>),
    Honoured<ServiceDraft>("max_failures", "kept with the revision for staged rollouts",
                           [](Reader& reader, const Node& node, ServiceDraft& draft) {
                             reader.Integer(node, 0, 10'000, draft.spec.rollout.max_failures);
                           }),
    Honoured<ServiceDraft>("by",
                           "kept with the revision for staged rollouts: batches by a host label",
                           RolloutText<&RolloutSettings::by>),
    Honoured<ServiceDraft>("window", "kept with the revision for staged rollouts: when it may run",
                           RolloutText<&RolloutSettings::window>),
    Honoured<ServiceDraft>("drain",
                           "kept with the revision for staged rollouts: wait before a stop",
                           RolloutDuration<&RolloutSettings::drain>),
};

// ---- probe ----

struct ProbeDraft {
  ProbeSpec spec;
  int kinds = 0;
};

void ReadStatusRange(Reader& reader, const Node& node, ProbeDraft& probe) {
  std::string text;
  if (!reader.Text(node, text)) return;
  const size_t dash = text.find('-');
  const absl::StatusOr<int64_t> first = ParseInteger(text.substr(0, dash), 100, 599);
  const absl::StatusOr<int64_t> last =
      dash == std::string::npos ? first : ParseInteger(text.substr(dash + 1), 100, 599);
  if (!first.ok() || !last.ok() || *last < *first) {
    reader.Error(node.mark, "\"" + text.substr(0, 40) + "\" is not a status like 200 or 200-399");
    return;
  }
  probe.spec.status_min = static_cast<uint32_t>(*first);
  probe.spec.status_max = static_cast<uint32_t>(*last);
}

void ReadProbeCommand(Reader& reader, const Node& node, ProbeDraft& probe) {
  ++probe.kinds;
  probe.spec.kind = ProbeSpec::Kind::kCommand;
  if (node.IsScalar()) {
    absl::StatusOr<std::vector<std::string>> words = ShellWords(node.text);
    if (!words.ok()) return reader.Error(node.mark, Message(words.status()));
    probe.spec.command = *std::move(words);
  } else {
    reader.Texts(node, probe.spec.command);
  }
  if (probe.spec.command.empty()) reader.Error(node.mark, "the command is empty");
}

void ReadProbeHttp(Reader& reader, const Node& node, ProbeDraft& probe) {
  ++probe.kinds;
  probe.spec.kind = ProbeSpec::Kind::kHttp;
  if (reader.Text(node, probe.spec.http_path) && !probe.spec.http_path.starts_with('/')) {
    reader.Error(node.mark, "a path like /healthz is expected; the port stands under port");
  }
}

constexpr std::array kProbeKeys = {
    Honoured<ProbeDraft>("http", "a path; the agent asks for it at the container", ReadProbeHttp),
    Honoured<ProbeDraft>("tcp", "a port; a connection is a pass",
                         [](Reader& reader, const Node& node, ProbeDraft& probe) {
                           ++probe.kinds;
                           probe.spec.kind = ProbeSpec::Kind::kTcp;
                           reader.Integer(node, 1, 65535, probe.spec.port);
                         }),
    Honoured<ProbeDraft>("command", "run in the container; exit 0 is a pass", ReadProbeCommand),
    Honoured<ProbeDraft>("port", "the container's port for http",
                         [](Reader& reader, const Node& node, ProbeDraft& probe) {
                           reader.Integer(node, 1, 65535, probe.spec.port);
                         }),
    Honoured<ProbeDraft>("status", "the statuses that pass for http; 200-399 unless set",
                         ReadStatusRange),
    Honoured<ProbeDraft>("interval", "2s unless set",
                         [](Reader& reader, const Node& node, ProbeDraft& probe) {
                           reader.Duration(node, probe.spec.interval);
                         }),
    Honoured<ProbeDraft>("timeout", "1s unless set",
                         [](Reader& reader, const Node& node, ProbeDraft& probe) {
                           reader.Duration(node, probe.spec.timeout);
                         }),
    Honoured<ProbeDraft>("healthy", "passes in a row before it is healthy; 1 unless set",
                         [](Reader& reader, const Node& node, ProbeDraft& probe) {
                           reader.Integer(node, 1, 1000, probe.spec.healthy);
                         }),
    Honoured<ProbeDraft>("unhealthy", "failures in a row before it is unhealthy; 3 unless set",
                         [](Reader& reader, const Node& node, ProbeDraft& probe) {
                           reader.Integer(node, 1, 1000, probe.spec.unhealthy);
                         }),
};

void ReadProbe(Reader& reader, const Node& node, ServiceDraft& draft) {
  ProbeDraft probe;
  ReadKeys<ProbeDraft>(reader, node, kProbeKeys, probe);
  if (!node.IsMap()) return;
  if (probe.kinds != 1) {
    reader.Error(node.mark, "a probe is one of http, tcp and command");
  } else if (probe.spec.kind == ProbeSpec::Kind::kHttp && probe.spec.port == 0) {
    reader.Error(node.mark, "an http probe needs port, the container's port");
  }
  if (probe.spec.interval <= absl::ZeroDuration() || probe.spec.timeout <= absl::ZeroDuration()) {
    reader.Error(node.mark, "interval and timeout must be longer than 0s");
  }
  draft.spec.container.probe = std::move(probe.spec);
}

constexpr std::array kQuaysideKeys = {
    Honoured<ServiceDraft>("rollout", "see below",
                           [](Reader& reader, const Node& node, ServiceDraft& draft) {
                             ReadKeys<ServiceDraft>(reader, node, kRolloutKeys, draft);
                           }),
    Honoured<ServiceDraft>("probe", "a check that the agent runs, see below", ReadProbe),
    Honoured<ServiceDraft>("placement",
                           "together: on the host where the app is (unless the service says "
                           "replicas, mode or placement); spread: wherever there is room",
                           [](Reader& reader, const Node& node, ServiceDraft& draft) {
                             std::string text;
                             if (!reader.Choice(node, {"together", "spread"}, text)) return;
                             draft.together = text == "together";
                           }),
    Refused<ServiceDraft>("failover",
                          "this version leaves the instances of a lost host where they "
                          "are; move them with `ctl host move`"),
    Refused<ServiceDraft>("track",
                          "this version follows no tags; deploy a new image with `ctl deploy`"),
    Refused<ServiceDraft>("ingress",
                          "this version has no ingress; publish ports, or run a proxy as "
                          "a service"),
};

// Gives `into` the keys of `from` that it lacks.
void Inherit(const Node& from, Node& into) {
  if (!from.IsMap() || !into.IsMap()) return;
  for (const Entry& entry : from.entries) {
    if (FindEntry(into, entry.key) == nullptr) into.entries.push_back(entry);
  }
}

// A service's own kind of probe is not to be mixed with the kind at the top.
void InheritProbe(Node from, Node& into) {
  const bool has_kind = Find(into, "http") != nullptr || Find(into, "tcp") != nullptr ||
                        Find(into, "command") != nullptr;
  if (has_kind) {
    for (const std::string_view key : {"http", "tcp", "command", "port", "status"})
      Remove(from, key);
  }
  Inherit(from, into);
}

void InheritRollout(const Node& service, Node from, Node& into) {
  // deploy.update_config.failure_action is the service's own word on what the top calls on_failure.
  const Node* deploy = Find(service, "deploy");
  const Node* update = deploy != nullptr ? Find(*deploy, "update_config") : nullptr;
  if (update != nullptr && Find(*update, "failure_action") != nullptr) Remove(from, "on_failure");
  Inherit(from, into);
}

void FoldInto(Node& service, const Node& defaults) {
  if (!service.IsMap()) return;
  if (Find(service, "x-quayside") == nullptr) Put(service, "x-quayside", MakeMap(defaults.mark));
  Node& own = *Find(service, "x-quayside");
  if (!own.IsMap()) return;
  for (const Entry& entry : defaults.entries) {
    Node* mine = Find(own, entry.key);
    if (mine == nullptr) {
      Node empty = entry.value.IsMap() ? MakeMap(entry.value.mark) : entry.value;
      own.entries.push_back({entry.key, entry.key_mark, std::move(empty)});
      mine = &own.entries.back().value;
    }
    if (entry.key == "probe") {
      InheritProbe(entry.value, *mine);
    } else if (entry.key == "rollout") {
      InheritRollout(service, entry.value, *mine);
    } else {
      Inherit(entry.value, *mine);
    }
  }
}

}  // namespace

void FoldDefaults(Reader& reader, Node& root) {
  const Entry* found = FindEntry(root, "x-quayside");
  if (found == nullptr) return;
  const Entry defaults = *found;
  Remove(root, "x-quayside");
  const Reader::Below below(reader, "x-quayside");
  if (defaults.value.IsNull() || !reader.ExpectMap(defaults.value)) return;
  // Read once here, so that what is wrong at the top is said at the top and without services too.
  ServiceDraft nobody;
  ReadQuayside(reader, defaults.value, nobody);
  Node* services = Find(root, "services");
  if (services == nullptr || !services->IsMap()) return;
  for (Entry& service : services->entries) FoldInto(service.value, defaults.value);
}

void ReadQuayside(Reader& reader, const Node& node, ServiceDraft& draft) {
  ReadKeys<ServiceDraft>(reader, node, kQuaysideKeys, draft);
}

void AppendQuaysideKeys(std::vector<KeyDoc>& docs) {
  AppendDocs<ServiceDraft>("x-quayside.", kQuaysideKeys, docs);
  AppendDocs<ServiceDraft>("x-quayside.rollout.", kRolloutKeys, docs);
  AppendDocs<ProbeDraft>("x-quayside.probe.", kProbeKeys, docs);
}

}  // namespace quayside::compose
