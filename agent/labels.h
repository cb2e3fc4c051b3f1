// The labels that tell whose a container, network or volume is (R11, R14). Immutable after create.
#pragma once

#include <map>
#include <string>

namespace quayside::agent {

inline constexpr char kFleetLabel[] = "dev.quayside.fleet";
inline constexpr char kHostLabel[] = "dev.quayside.host";
inline constexpr char kAppLabel[] = "dev.quayside.app";
inline constexpr char kServiceLabel[] = "dev.quayside.service";
inline constexpr char kSlotLabel[] = "dev.quayside.slot";
inline constexpr char kInstanceLabel[] = "dev.quayside.instance";
inline constexpr char kRevisionLabel[] = "dev.quayside.revision";
inline constexpr char kSpecLabel[] = "dev.quayside.spec";
// On networks and volumes that we made: network_settings.h.
inline constexpr char kSettingsLabel[] = "dev.quayside.settings";
// The containers whose namespaces it joined: "network=ID,pid=ID" (join.h).
inline constexpr char kJoinedLabel[] = "dev.quayside.joined";
// On networks and volumes that belong to an app: "fleet/host/app", so that one filter finds exactly
// those.
inline constexpr char kOwnerLabel[] = "dev.quayside.owner";
// So that other tools group our containers as they do Compose projects. Compose's `oneoff` and
// `config-hash` are never set: with them `docker-compose down --remove-orphans` would take ours.
inline constexpr char kComposeProjectLabel[] = "com.docker.compose.project";
inline constexpr char kComposeServiceLabel[] = "com.docker.compose.service";

// True when both sets of labels name one container: the same instance of the same host and fleet. A
// name that is taken by such a one was taken by an earlier try of the same create.
inline bool SameContainer(const std::map<std::string, std::string>& a,
                          const std::map<std::string, std::string>& b) {
  for (const char* key : {kFleetLabel, kHostLabel, kInstanceLabel}) {
    const auto in_a = a.find(key);
    const auto in_b = b.find(key);
    if (in_a == a.end() || in_b == b.end() || in_a->second != in_b->second) return false;
  }
  return true;
}

}  // namespace quayside::agent
