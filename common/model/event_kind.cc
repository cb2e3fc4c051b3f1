#include "common/model/event_kind.h"

#include <algorithm>
#include <array>

namespace quayside {
namespace {

constexpr auto kKinds = std::to_array<EventKind>({
    {event_kind::kAppApplied, "a compose file was applied and made a new revision"},
    {event_kind::kAppRemovalStarted, "a person removed an app; its hosts have yet to confirm"},
    {event_kind::kAppRemoved, "an app was removed from the fleet"},
    {event_kind::kAppScaled, "the replicas of a service were changed"},
    {event_kind::kAppStarted, "an app that was stopped by `ctl stop` runs again"},
    {event_kind::kAppStopped,
     "an app was stopped by `ctl stop`; nothing heals it until `ctl start`"},
    {event_kind::kAppUnnamed, "a host runs an app that nobody told it to run or to remove"},
    {event_kind::kAssignmentRejected,
     "a host refused what one app should run; its last good version stays"},
    {event_kind::kBackupMade, "a backup of the database was written"},
    {event_kind::kBreakerSwitched,
     "rollouts hold because many hosts were lost together, or go on again"},
    {event_kind::kContainerCompleted,
     "a container ended with exit code 0, as its restart policy lets it"},
    {event_kind::kContainerCreated, "a container was created, not yet started"},
    {event_kind::kContainerExited, "a container ended by itself"},
    {event_kind::kContainerProven,
     "a new container ran as its health rules ask for the minimum time"},
    {event_kind::kContainerRemoved, "a container that is not needed any more was removed"},
    {event_kind::kContainerStarted, "a container was started"},
    {event_kind::kContainerStopped, "a container was stopped by the agent"},
    {event_kind::kContainerUnhealthy,
     "a proven container is unhealthy: the agent stops it and starts it again"},
    {event_kind::kCrashLoopEntered,
     "a container ended 5 times in 10 minutes: the agent restarts it slowly"},
    {event_kind::kCrashLoopLeft,
     "a container that crashed often ran long enough to be trusted again"},
    {event_kind::kDriftHealed, "something that was changed by hand was put right"},
    {event_kind::kEngineBack, "the container engine of a host answers again"},
    {event_kind::kEngineLost,
     "the container engine of a host cannot be asked; nothing is concluded from that"},
    {event_kind::kHostAdopted, "a host was given an old host id and takes over its containers"},
    {event_kind::kHostAway, "a host's session ended; its containers run on"},
    {event_kind::kHostBack, "a host that was away or lost is in session again"},
    {event_kind::kHostConfirmed, "a person released containers that nobody had named"},
    {event_kind::kHostDuplicated,
     "a second machine came with the identity of a host and was refused"},
    {event_kind::kHostJoined, "a host was seen for the first time"},
    {event_kind::kHostLabeled, "the labels of a host were changed"},
    {event_kind::kHostLost, "a host was away for longer than its lease"},
    {event_kind::kHostRemoved, "a host was removed from the fleet"},
    {event_kind::kImagePullFailed, "an image could not be pulled"},
    {event_kind::kImagePulled, "an image was pulled and its digest verified"},
    {event_kind::kImageRemoved, "an image that nothing needs was removed from a host"},
    {event_kind::kInstanceFailed, "a new container failed and is not tried again"},
    {event_kind::kInstancePlaced, "a slot was given to a host that takes it now"},
    {event_kind::kInstanceUnplaced, "a global service left a host that matches it no longer"},
    {event_kind::kInterrupted,
     "a new container ended because its engine or host did; it is tried again"},
    {event_kind::kPreviousLost, "the container to go back to is gone from a host"},
    {event_kind::kRecoveryAccepted, "a person accepted changes that waited after a restore"},
    {event_kind::kRecoveryEntered,
     "an older database was found: changes to older revisions wait for a person"},
    {event_kind::kReplaced, "a new container took the place of the one before it"},
    {event_kind::kRevisionCreated, "an app has a new revision"},
    {event_kind::kRolloutAborted, "a person ended a rollout"},
    {event_kind::kRolloutFailed,
     "a rollout ended without success and without a version to go back to"},
    {event_kind::kRolloutPartial, "a rollout ended with hosts that get it when they return"},
    {event_kind::kRolloutPaused, "a rollout waits for a person"},
    {event_kind::kRolloutResumed, "a paused rollout goes on"},
    {event_kind::kRolloutRolledBack,
     "a rollout failed and every host runs the version before it again"},
    {event_kind::kRolloutRollingBack, "a rollout failed and goes back to the version before it"},
    {event_kind::kRolloutStarted, "a rollout of a revision began"},
    {event_kind::kRolloutSucceeded, "every target host has proven the new revision"},
    {event_kind::kRolloutSuperseded, "a newer revision took the place of a rollout"},
    {event_kind::kSlotMoved, "a person moved a slot to another host"},
    {event_kind::kStateFileDamaged, "a file of the agent could not be read and was set aside"},
    {event_kind::kStateNotWritten,
     "the agent could not write to its disk; it goes on with what it had"},
    {event_kind::kStoreReadOnly, "the controller cannot write its database and refuses changes"},
    {event_kind::kStoreWritable, "the controller can write its database again"},
    {event_kind::kStrayFound, "containers of this fleet that carry another host's id were found"},
    {event_kind::kWentBack, "a new container failed and the one before it runs again"},
});

}  // namespace

std::span<const EventKind> EventKinds() { return kKinds; }

bool IsEventKind(std::string_view kind) {
  return std::any_of(kKinds.begin(), kKinds.end(),
                     [&](const EventKind& known) { return known.kind == kind; });
}

}  // namespace quayside
