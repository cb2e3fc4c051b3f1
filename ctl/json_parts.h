// Pieces that the .cc files of ctl/json.h share: protobuf values to JSON text fragments.
#pragma once

#include <string>

#include "google/protobuf/message.h"

namespace quayside::ctl {

// Any message as compact JSON text by its field names: enums as lower-case words, lists of
// StringEntry as objects, durations as "10s". Unset fields are left out, values of secret variables
// masked.
std::string MessageJson(const google::protobuf::Message& message);

}  // namespace quayside::ctl
