// Files of variables: `.env`, `--env-file` and a service's `env_file`, in the format that docker
// compose reads. `KEY=value`, `export KEY=value`, `KEY: value`, comments, 'single quotes' (as they
// stand), "double quotes" (escapes and interpolation), both over several lines; an unquoted value
// is interpolated and ends at ` #`. A key alone takes the caller's value, if there is one. Pure;
// any thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/compose/problems.h"

namespace quayside::compose {

using Lookup = std::function<std::optional<std::string>(std::string_view)>;

// The variables of `text`, the later of two lines winning. Interpolation asks `lookup` first, then
// the lines above. `file` is the index for marks; what is wrong goes to `problems`.
std::map<std::string, std::string> ParseEnvFile(std::string_view text, int file,
                                                const Lookup& lookup, Problems& problems);

// `format: raw`: each line is KEY=value and nothing in it means more, as `docker run --env-file`.
std::map<std::string, std::string> ParseRawEnvFile(std::string_view text, int file,
                                                   const Lookup& lookup, Problems& problems);

}  // namespace quayside::compose
