// The top of the source tree, for tests that read golden files and samples.
#pragma once

#include <string>

namespace quayside {

std::string SourceDir();

}  // namespace quayside
