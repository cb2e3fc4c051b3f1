// Image cleanup of the agent: by the level of the engine's disk, and as a command.
#include <algorithm>
#include <limits>

#include "agent/agent_impl.h"
#include "common/base/log.h"
#include "common/base/status.h"

namespace quayside::agent {
namespace {

// How often the engine's disk is looked at.
constexpr absl::Duration kFactsPeriod = absl::Minutes(5);

std::string Line(const std::string& word, const Removable& image) {
  return word + " " + image.image + " (" + std::to_string(image.size_bytes / 1'000'000) +
         " MB, not needed since " +
         absl::FormatTime(absl::RFC3339_sec, image.unneeded_since, absl::UTCTimeZone()) + ")";
}

}  // namespace

void Agent::Impl::AskFacts() {
  facts_at = now + random.Jitter(kFactsPeriod, kPeriodJitter);
  Call call;
  call.kind = Call::Kind::kFacts;
  Submit(std::move(call), GetFacts{});
}

void Agent::Impl::KeepLedger(const std::string& pulled) {
  ImageLedger updated = ledger;
  if (!pulled.empty()) updated[pulled] = absl::InfiniteFuture();
  updated = Updated(updated, NeededImages(assignment, observation.containers()), wall);
  if (updated == ledger) return;
  if (absl::Status saved = state.SaveLedger(updated); !saved.ok()) {
    Log(LogLevel::kWarn, "ledger_not_written", {{"error", Message(saved)}});
  }
  ledger = std::move(updated);
}

void Agent::Impl::CleanByDiskLevel() {
  KeepLedger("");
  const int64_t bytes = BytesToFree(facts, options.gc_start, options.gc_stop);
  if (bytes > 0) BeginCleanup({.rules = {.min_age = options.gc_min_age, .bytes_to_free = bytes}});
}

void Agent::Impl::Handle(const CommandReceived& event) {
  const CommandRequest& command = event.command;
  const auto refuse = [&](absl::Status status) {
    link.SendCommandOutcome({.id = command.id, .status = std::move(status), .lines = {}});
  };
  if (!command.gc) return refuse(Unimplemented("this agent does not know the command"));
  if (!Input().engine_known) {
    return refuse(Unavailable("images cannot be cleaned up: the container engine cannot be asked"));
  }
  if (cleanup) return refuse(Aborted("another image cleanup is under way; try again"));
  KeepLedger("");
  BeginCleanup({.command = command.id,
                .dry_run = command.gc_dry_run,
                .rules = {.min_age = absl::ZeroDuration(),
                          .bytes_to_free = std::numeric_limits<int64_t>::max()}});
}

void Agent::Impl::BeginCleanup(CleanupRun run) {
  if (cleanup) return;
  cleanup = std::move(run);
  Call call;
  call.kind = Call::Kind::kImages;
  Submit(std::move(call), ListImages{});
}

void Agent::Impl::FoldImages(const EngineReply& reply) {
  if (!cleanup) return;
  if (!reply.ok()) return EndCleanup(reply.status());
  for (const Removable& image : PlanCleanup(ledger, std::get<std::vector<ImageDetail>>(*reply),
                                            observation.containers(), cleanup->rules, wall)) {
    if (busy.contains(BusyKeyOfImage(image.image))) continue;
    if (cleanup->dry_run) {
      cleanup->lines.push_back(Line("would remove", image));
      continue;
    }
    cleanup->pending.emplace(image.image, Line("removed", image));
    Perform({.kind = Action::Kind::kRemoveImage, .object = image.image, .why = "nothing needs it"});
  }
  if (cleanup->pending.empty()) EndCleanup(absl::OkStatus());
}

void Agent::Impl::FoldImageRemoval(const std::string& image, const absl::Status& status) {
  images.erase(image);
  if (status.ok() || absl::IsNotFound(status)) {
    ImageLedger without = ledger;
    without.erase(image);
    if (state.SaveLedger(without).ok()) ledger = std::move(without);
  }
  if (!cleanup) return;
  const auto pending = cleanup->pending.find(image);
  if (pending == cleanup->pending.end()) return;
  cleanup->lines.push_back(status.ok() ? pending->second
                                       : "kept " + image + ": " + Message(status));
  cleanup->pending.erase(pending);
  if (cleanup->pending.empty()) EndCleanup(absl::OkStatus());
}

void Agent::Impl::EndCleanup(const absl::Status& status) {
  CleanupRun run = *std::move(cleanup);
  cleanup.reset();
  if (run.command.empty()) return;
  link.SendCommandOutcome({.id = run.command, .status = status, .lines = std::move(run.lines)});
}

}  // namespace quayside::agent
