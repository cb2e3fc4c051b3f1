// The values of a service's keys that take more than a line to read. Pure; any thread.
#pragma once

#include <vector>

#include "common/compose/key_rule.h"
#include "common/compose/service_draft.h"

namespace quayside::compose {

void ReadCommand(Reader& reader, const Node& node, ServiceDraft& draft);
void ReadEntrypoint(Reader& reader, const Node& node, ServiceDraft& draft);
void ReadEnvironment(Reader& reader, const Node& node, ServiceDraft& draft);
void ReadEnvFile(Reader& reader, const Node& node, ServiceDraft& draft);
void ReadHealthCheck(Reader& reader, const Node& node, ServiceDraft& draft);
void ReadRestart(Reader& reader, const Node& node, ServiceDraft& draft);
void ReadDependsOn(Reader& reader, const Node& node, ServiceDraft& draft);
void ReadExpose(Reader& reader, const Node& node, ServiceDraft& draft);
void ReadExtraHosts(Reader& reader, const Node& node, ServiceDraft& draft);
void ReadUlimits(Reader& reader, const Node& node, ServiceDraft& draft);
void ReadDevices(Reader& reader, const Node& node, ServiceDraft& draft);
void ReadLogging(Reader& reader, const Node& node, ServiceDraft& draft);
void ReadSwapLimit(Reader& reader, const Node& node, ServiceDraft& draft);
void ReadPullPolicy(Reader& reader, const Node& node, ServiceDraft& draft);

// pid, ipc, network_mode and the like: one of `words`, or service:NAME where `service` is true.
void ReadNamespace(Reader& reader, const Node& node, const std::vector<std::string_view>& words,
                   bool service, std::string& into);

void AppendServiceValueKeys(std::vector<KeyDoc>& docs);

}  // namespace quayside::compose
