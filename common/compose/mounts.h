// Mounts: `volumes` in its short and long forms, and `tmpfs`. Pure; any thread.
#pragma once

#include <vector>

#include "common/compose/key_rule.h"
#include "common/model/spec.h"

namespace quayside::compose {

void ReadVolumes(Reader& reader, const Node& node, std::vector<MountSpec>& into);
void ReadTmpfs(Reader& reader, const Node& node, std::vector<MountSpec>& into);

void AppendMountKeys(std::vector<KeyDoc>& docs);

}  // namespace quayside::compose
