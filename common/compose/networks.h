// Networks and volumes: the top-level `networks` and `volumes`, and a service's `networks`.
// Pure; any thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/compose/key_rule.h"
#include "common/model/spec.h"

namespace quayside::compose {

// A top-level network or volume and where the file declares it.
struct DeclaredNetwork {
  NetworkSpec spec;
  Mark mark;
  bool used = false;
};
struct DeclaredVolume {
  VolumeSpec spec;
  Mark mark;
  bool used = false;
};

// Names are given as Compose gives them: PROJECT_KEY unless `name` or `external` says another.
std::map<std::string, DeclaredNetwork> ReadNetworks(Reader& reader, const Node& node,
                                                    const std::string& project);
std::map<std::string, DeclaredVolume> ReadNamedVolumes(Reader& reader, const Node& node,
                                                       const std::string& project);

// A service's networks, sorted by key so that their order in the file changes nothing.
void ReadAttachments(Reader& reader, const Node& node, std::vector<NetworkAttachment>& into);

void AppendNetworkKeys(std::vector<KeyDoc>& docs);

}  // namespace quayside::compose
