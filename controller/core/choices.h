// Choices are what verbs stored in an app's revision and a compose file may be silent about: scale,
// stop, restart, deploy --host. An apply keeps them, or says that it takes them back. Pure.
#pragma once

#include <string>
#include <vector>

#include "controller/core/ledger.h"

namespace quayside::controller {

// Carries the choices of `current` (nullptr = none) over into `spec`; returns what is undone, one
// clause each.
std::vector<std::string> KeepChoices(const Ledger& ledger, const RevisionRow* current,
                                     AppSpec* spec);

// True for causes of revisions that no file made.
bool MadeByVerb(const std::string& cause);

}  // namespace quayside::controller
