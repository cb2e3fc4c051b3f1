// `ctl doctor`: what is wrong or soon will be, and what to do about it.
#include "common/base/status.h"
#include "controller/core/views.h"

namespace quayside::controller {
namespace {

constexpr double kFullDisk = 0.90;

void Find(std::vector<Finding>* out, std::string severity, const std::string& subject,
          std::string text) {
  out->push_back({std::move(severity), subject, std::move(text)});
}

void ExamineController(const CoreState& state, std::vector<Finding>* out) {
  const std::string subject = "controller";
  const size_t before = out->size();
  if (!state.read_only_reason.empty()) {
    Find(out, "error", subject,
         "the database cannot be written: " + state.read_only_reason +
             "; free space or repair the disk, it goes on by itself");
  }
  if (!state.ledger.fleet().recovery_reason.empty()) {
    Find(out, "error", subject,
         "recovery: " + state.ledger.fleet().recovery_reason +
             "; look at `ctl recovery status`, then `ctl recovery accept`");
  }
  if (state.breaker.open) {
    Find(out, "error", subject, "rollouts hold: " + state.breaker_reason);
  }
  for (const auto& [name, row] : state.ledger.model().apps.rows()) {
    const RolloutRow* rollout = state.ledger.NewestRollout(name);
    if (rollout != nullptr && rollout->state == RolloutState::kPaused) {
      Find(out, "warning", subject,
           "the rollout of " + name.value + " is paused: " + rollout->reason);
    }
    const auto unplaced = state.unplaced.find(name);
    if (unplaced != state.unplaced.end() && !unplaced->second.empty()) {
      Find(out, "warning", subject,
           name.value + " has slots that no host takes: " + unplaced->second.front().summary +
               "; `ctl explain " + name.value + "` says why");
    }
  }
  if (out->size() == before) Find(out, "ok", subject, "it turns and its database is written");
}

void ExamineHost(const CoreState& state, const HostRow& row, std::vector<Finding>* out) {
  const size_t before = out->size();
  const Presence presence = state.PresenceOf(row.id);
  if (presence != Presence::kReady) {
    Find(out, presence == Presence::kLost ? "error" : "warning", row.name,
         "it is " + std::string(ToString(presence)) + "; its containers run on");
  }
  if (!row.engine.reachable) {
    Find(out, "error", row.name, "its engine cannot be reached: " + row.engine.unreachable_reason);
  }
  for (const std::string& warning : row.engine.warnings) Find(out, "warning", row.name, warning);
  const int64_t total = row.engine.disk_total_bytes;
  if (total > 0 && static_cast<double>(row.engine.disk_free_bytes) <
                       (1 - kFullDisk) * static_cast<double>(total)) {
    Find(out, "warning", row.name,
         "the disk of " + row.engine.data_root + " is over 90 % full; `ctl gc " + row.name +
             "` removes images that nothing needs");
  }
  for (const std::string& stray : row.strays) {
    Find(out, "warning", row.name,
         "a container of another host of this fleet: " + stray + "; `ctl host adopt " + row.name +
             "` takes it over");
  }
  for (const AppName& app : row.unnamed_apps) {
    Find(out, "warning", row.name,
         "it runs " + app.value + ", which nobody told it to; `ctl host confirm " + row.name +
             "` removes it, `ctl apply` takes it up again");
  }
  for (const Rejection& rejection : row.rejections) {
    Find(out, "error", row.name, "it refuses " + rejection.app.value + ": " + rejection.reason);
  }
  if (presence == Presence::kReady && row.acked_generation < row.generation) {
    Find(out, "warning", row.name, "it has not taken its newest assignment yet");
  }
  if (out->size() == before) Find(out, "ok", row.name, "ready, engine " + row.engine.version);
}

}  // namespace

absl::StatusOr<std::vector<Finding>> ViewFindings(const CoreState& state, const std::string& host) {
  std::vector<Finding> findings;
  if (!host.empty()) {
    const HostRow* row = state.ledger.FindHostByName(host);
    if (row == nullptr) {
      return NotFound("cannot examine " + host +
                      ": there is no such host; `ctl host ls` lists them");
    }
    ExamineHost(state, *row, &findings);
    return findings;
  }
  ExamineController(state, &findings);
  for (const HostView& view : ViewHosts(state)) ExamineHost(state, view.row, &findings);
  return findings;
}

}  // namespace quayside::controller
