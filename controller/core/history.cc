#include "controller/core/history.h"

#include <algorithm>

#include "controller/core/choices.h"
#include "controller/core/rollouts.h"

namespace quayside::controller {
namespace {

bool Good(RolloutState state) {
  return state == RolloutState::kSucceeded || state == RolloutState::kPartial;
}

// Newest first.
std::vector<int64_t> RevisionsOf(const Ledger& ledger, const AppName& app) {
  std::vector<int64_t> numbers;
  const auto& rows = ledger.model().revisions.rows();
  for (auto it = rows.lower_bound({app, 0}); it != rows.end() && it->first.app == app; ++it) {
    numbers.push_back(it->first.number);
  }
  std::reverse(numbers.begin(), numbers.end());
  return numbers;
}

// The revisions of `app` that stay, however old they are.
std::set<int64_t> NeededRevisions(const Ledger& ledger, const AppName& app,
                                  const std::vector<int64_t>& newest_first) {
  std::set<int64_t> needed = {ledger.FindApp(app)->succeeded_revision, RevisionBefore(ledger, app)};
  if (const RevisionRow* desired = DesiredRevision(ledger, app)) needed.insert(desired->key.number);
  for (const InstanceId& id : ledger.InstancesOf(app)) {
    needed.insert(ledger.model().instances.Find(id)->desired.revision);
  }
  for (const InstanceId& id : ledger.KeptOf(app)) {
    needed.insert(ledger.model().kept.Find(id)->instance.desired.revision);
  }
  if (const RolloutRow* rollout = ledger.NewestRollout(app)) {
    needed.insert({rollout->from, rollout->to});
  }
  const auto filed = std::find_if(newest_first.begin(), newest_first.end(), [&](int64_t number) {
    return !MadeByVerb(ledger.FindRevision(app, number)->cause);
  });
  if (filed != newest_first.end()) needed.insert(*filed);
  return needed;
}

// Ended rollouts whose revision is gone, and, when there are many, those that no view shows.
void PruneRollouts(Ledger& ledger, const AppName& app) {
  std::vector<const RolloutRow*> rollouts = ledger.RolloutsOf(app);
  std::reverse(rollouts.begin(), rollouts.end());
  const bool many = rollouts.size() > kRolloutsKept;
  std::set<int64_t> last, last_good;
  std::vector<RolloutId> old;
  for (const RolloutRow* rollout : rollouts) {  // newest first
    const bool shown = last.insert(rollout->to).second ||
                       (Good(rollout->state) && last_good.insert(rollout->to).second);
    const bool gone = ledger.FindRevision(app, rollout->to) == nullptr;
    if (Ended(rollout->state) && (gone || (many && !shown))) old.push_back(rollout->id);
  }
  for (const RolloutId& id : old) ledger.DeleteRollout(id);
}

// How many rows were forgotten, at most `rows` of them revisions.
int PruneApp(Ledger& ledger, const AppName& app, int rows) {
  const std::vector<int64_t> numbers = RevisionsOf(ledger, app);
  int pruned = 0;
  if (numbers.size() > kRevisionsKept) {
    const std::set<int64_t> needed = NeededRevisions(ledger, app, numbers);
    for (auto it = numbers.begin() + kRevisionsKept; it != numbers.end() && pruned < rows; ++it) {
      if (needed.contains(*it)) continue;
      ledger.DeleteRevision({app, *it});
      ++pruned;
    }
  }
  PruneRollouts(ledger, app);
  return pruned;
}

}  // namespace

int64_t RevisionBefore(const Ledger& ledger, const AppName& app) {
  const RevisionRow* current = DesiredRevision(ledger, app);
  int64_t before = 0;
  if (current == nullptr) return before;
  for (const RolloutRow* rollout : ledger.RolloutsOf(app)) {
    if (Good(rollout->state) && rollout->to < current->key.number) {
      before = std::max(before, rollout->to);
    }
  }
  return before;
}

bool PruneHistory(CoreState& state, int rows) {
  while (rows > 0 && !state.to_prune.empty()) {
    const AppName app = *state.to_prune.begin();
    const int pruned = state.ledger.FindApp(app) == nullptr ? 0 : PruneApp(state.ledger, app, rows);
    if (pruned < rows) state.to_prune.erase(app);
    rows -= pruned + 1;
  }
  for (const SpecDigest& digest : state.ledger.UnusedSpecs(std::max(rows, 0))) {
    state.ledger.DeleteSpec(digest);
  }
  return !state.to_prune.empty() || !state.ledger.UnusedSpecs(1).empty();
}

}  // namespace quayside::controller
