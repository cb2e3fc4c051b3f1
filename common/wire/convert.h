// All conversions between domain values and protobuf messages, for those who see both (the gRPC
// edges and `ctl`): ToProto(value, &message) never fails, FromProto(message) checks.
#pragma once

#include "common/wire/app_codec.h"
#include "common/wire/primitives.h"
#include "common/wire/session_codec.h"
#include "common/wire/spec_codec.h"
#include "common/wire/spec_parts_codec.h"
#include "common/wire/status_codec.h"
