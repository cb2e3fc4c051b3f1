// What can only be settled when all keys of a service are known, and then all services: variables
// from env files, networks and volumes by their declarations, dependencies. One thread, one Load.
#pragma once

#include <map>
#include <string>

#include "common/compose/networks.h"
#include "common/compose/project_files.h"
#include "common/compose/reader.h"
#include "common/compose/service_draft.h"

namespace quayside::compose {

using Drafts = std::map<std::string, ServiceDraft>;

struct Declarations {
  std::map<std::string, DeclaredNetwork> networks;
  std::map<std::string, DeclaredVolume> volumes;
};

// Settles one service. Marks the declarations that it uses.
void FinishService(Reader& reader, ProjectFiles& files, const Lookup& lookup,
                   Declarations& declared, ServiceDraft& draft);

// Checks what services say about each other. `disabled` are services of profiles that are not
// chosen.
void CheckDependencies(Reader& reader, const std::map<std::string, Mark>& disabled, Drafts& drafts);

}  // namespace quayside::compose
