// The texts of --help, made from the verb table. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace quayside::ctl {

// Of everything (""), of a group ("host") or of one verb ("host ls").
std::string HelpText(std::string_view topic);

}  // namespace quayside::ctl
