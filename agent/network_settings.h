// Which network on the engine is "the network of this spec". Settings of a network cannot be
// changed, and the containers of an older revision still need the old one to start again; so when a
// network of that name exists with other settings, the spec's own is called NAME-XXXXXXXX, with a
// digest of its settings. Pure; the same answer on every host, also after the agent's files are
// gone.
#pragma once

#include <string>

#include "common/model/spec.h"

namespace quayside::agent {

// Short digest (8 hex digits) of everything that cannot be changed later; name and labels are not
// in it. Put as label kSettingsLabel on what we make.
std::string SettingsDigest(const NetworkSpec& network);
std::string SettingsDigest(const VolumeSpec& volume);

// The name used when `network.name` is taken by a network with other settings.
std::string AlternativeName(const NetworkSpec& network);

// True when `name_on_engine` is one of the two names that the spec's network can have.
bool IsNameOf(const NetworkSpec& network, const std::string& name_on_engine);

}  // namespace quayside::agent
