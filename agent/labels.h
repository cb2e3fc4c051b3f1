// The labels that tell whose a container, network or volume is (R11, R14). Immutable after create.
#pragma once

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

}  // namespace quayside::agent
