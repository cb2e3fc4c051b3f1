#include "common/base/status.h"
#include "controller/core/rollouts.h"
#include "controller/core/views.h"

namespace quayside::controller {
namespace {

RevisionView View(const CoreState& state, const RevisionRow& row) {
  RevisionView view;
  view.row = row;
  for (const RolloutRow* rollout : state.ledger.RolloutsOf(row.key.app)) {  // oldest first
    if (rollout->to != row.key.number) continue;
    view.outcome = std::string(ToString(rollout->state));
    view.reason = rollout->reason;
  }
  return view;
}

}  // namespace

absl::StatusOr<std::vector<RevisionView>> ViewHistory(const CoreState& state, const AppName& app) {
  const AppRow* row = state.ledger.FindApp(app);
  if (row == nullptr) {
    return NotFound("there is no history of " + app.value +
                    ": there is no such app; `ctl ls` lists them");
  }
  std::vector<RevisionView> views;
  for (int64_t number = row->newest_revision; number > 0; --number) {
    const RevisionRow* revision = state.ledger.FindRevision(app, number);
    if (revision != nullptr) views.push_back(View(state, *revision));
  }
  return views;
}

absl::StatusOr<RevisionView> ViewRevision(const CoreState& state, const AppName& app,
                                          int64_t number) {
  const AppRow* row = state.ledger.FindApp(app);
  if (row == nullptr) {
    return NotFound("cannot inspect " + app.value + ": there is no such app; `ctl ls` lists them");
  }
  const RevisionRow* revision =
      state.ledger.FindRevision(app, number == 0 ? row->newest_revision : number);
  if (revision == nullptr) {
    return NotFound("cannot inspect revision " + std::to_string(number) + " of " + app.value +
                    ": there is none; `ctl history " + app.value + "` lists them");
  }
  return View(state, *revision);
}

}  // namespace quayside::controller
