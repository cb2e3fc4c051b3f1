// Models for the store's tests: one with every field of every row set, and ones of a given size.
#pragma once

#include <string>

#include "controller/core/model.h"
#include "controller/store/store.h"

namespace quayside::controller {

// At least one row in every table; no field of a row has its default value.
Model FullModel();

// `apps_per_host` instances on each of `hosts`, each of them observed running; `fleet` has one app
// and one revision.
Model LargeModel(int hosts, int apps_per_host);

// True when all tables hold the same rows.
bool SameRows(const Model& a, const Model& b);

// What the database at `path` holds now. Fails the test when it cannot be read.
Model LoadFrom(const std::string& path);

// A new directory for one test.
std::string TemporaryDirectory();

EventRow SampleEvent(int64_t id, const std::string& app, const std::string& host);

}  // namespace quayside::controller
