// The one list of event kinds: past-tense words and what each means. Hosts and the controller
// write only these; `ctl events --kinds` prints them.
#pragma once

#include <span>
#include <string_view>

namespace quayside {

struct EventKind {
  std::string_view kind;
  std::string_view meaning;  // one line, for people
};

// Sorted by kind.
std::span<const EventKind> EventKinds();

bool IsEventKind(std::string_view kind);

namespace event_kind {
// ---- said by hosts ----
inline constexpr char kAssignmentRejected[] = "assignment_rejected";
inline constexpr char kContainerCompleted[] = "container_completed";
inline constexpr char kContainerCreated[] = "container_created";
inline constexpr char kContainerExited[] = "container_exited";
inline constexpr char kContainerProven[] = "container_proven";
inline constexpr char kContainerRemoved[] = "container_removed";
inline constexpr char kContainerStarted[] = "container_started";
inline constexpr char kContainerStopped[] = "container_stopped";
inline constexpr char kContainerUnhealthy[] = "container_unhealthy";
inline constexpr char kCrashLoopEntered[] = "crash_loop_entered";
inline constexpr char kCrashLoopLeft[] = "crash_loop_left";
inline constexpr char kDriftHealed[] = "drift_healed";
inline constexpr char kEngineBack[] = "engine_back";
inline constexpr char kEngineLost[] = "engine_lost";
inline constexpr char kImagePulled[] = "image_pulled";
inline constexpr char kImagePullFailed[] = "image_pull_failed";
inline constexpr char kImageRemoved[] = "image_removed";
inline constexpr char kInstanceFailed[] = "instance_failed";
inline constexpr char kInterrupted[] = "interrupted";
inline constexpr char kPreviousLost[] = "previous_lost";
inline constexpr char kReplaced[] = "replaced";
inline constexpr char kStateFileDamaged[] = "state_file_damaged";
inline constexpr char kStateNotWritten[] = "state_not_written";
inline constexpr char kStrayFound[] = "stray_found";
inline constexpr char kWentBack[] = "went_back";
// ---- said by the controller ----
inline constexpr char kAppApplied[] = "app_applied";
inline constexpr char kAppRemovalStarted[] = "app_removal_started";
inline constexpr char kAppRemoved[] = "app_removed";
inline constexpr char kAppScaled[] = "app_scaled";
inline constexpr char kAppStarted[] = "app_started";
inline constexpr char kAppStopped[] = "app_stopped";
inline constexpr char kAppUnnamed[] = "app_unnamed";
inline constexpr char kBackupMade[] = "backup_made";
inline constexpr char kBreakerSwitched[] = "breaker_switched";
inline constexpr char kHostAdopted[] = "host_adopted";
inline constexpr char kHostAway[] = "host_away";
inline constexpr char kHostBack[] = "host_back";
inline constexpr char kHostConfirmed[] = "host_confirmed";
inline constexpr char kHostDuplicated[] = "host_duplicated";
inline constexpr char kHostJoined[] = "host_joined";
inline constexpr char kHostLabeled[] = "host_labeled";
inline constexpr char kHostLost[] = "host_lost";
inline constexpr char kHostRemoved[] = "host_removed";
inline constexpr char kInstancePlaced[] = "instance_placed";
inline constexpr char kInstanceUnplaced[] = "instance_unplaced";
inline constexpr char kRecoveryAccepted[] = "recovery_accepted";
inline constexpr char kRecoveryEntered[] = "recovery_entered";
inline constexpr char kRevisionCreated[] = "revision_created";
inline constexpr char kRolloutAborted[] = "rollout_aborted";
inline constexpr char kRolloutFailed[] = "rollout_failed";
inline constexpr char kRolloutPartial[] = "rollout_partial";
inline constexpr char kRolloutPaused[] = "rollout_paused";
inline constexpr char kRolloutResumed[] = "rollout_resumed";
inline constexpr char kRolloutRolledBack[] = "rollout_rolled_back";
inline constexpr char kRolloutRollingBack[] = "rollout_rolling_back";
inline constexpr char kRolloutStarted[] = "rollout_started";
inline constexpr char kRolloutSucceeded[] = "rollout_succeeded";
inline constexpr char kRolloutSuperseded[] = "rollout_superseded";
inline constexpr char kSlotMoved[] = "slot_moved";
inline constexpr char kStoreReadOnly[] = "store_read_only";
inline constexpr char kStoreWritable[] = "store_writable";
}  // namespace event_kind

}  // namespace quayside
