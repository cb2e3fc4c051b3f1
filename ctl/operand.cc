#include "ctl/operand.h"

#include "common/base/status.h"
#include "common/model/validate.h"
#include "ctl/parse.h"

namespace quayside::ctl {
namespace {

absl::Status Malformed(std::string_view text, std::string_view form, std::string_view example) {
  return InvalidArgument("`" + std::string(text) + "` is not of the form " + std::string(form) +
                         ", as in `" + std::string(example) + "`");
}

}  // namespace

absl::StatusOr<ServiceOperand> ParseService(std::string_view text, std::string_view usage) {
  const size_t slash = text.find('/');
  ServiceOperand result{.app = std::string(text.substr(0, slash)), .service = ""};
  if (slash != std::string_view::npos) {
    result.service = std::string(text.substr(slash + 1));
    if (result.service.empty() || result.service.find('/') != std::string::npos) {
      return Malformed(text, "APP[/SVC]", usage);
    }
  }
  if (result.app.empty()) return Malformed(text, "APP[/SVC]", usage);
  return result;
}

absl::StatusOr<SlotOperand> ParseSlot(std::string_view text) {
  const absl::Status malformed = Malformed(text, "APP/SVC.SLOT", "ctl host move shop/db.1 --to b");
  // A service's name may hold dots: the slot is what follows the last one.
  const size_t slash = text.find('/');
  const size_t dot = text.rfind('.');
  if (slash == std::string_view::npos || dot == std::string_view::npos || dot < slash) {
    return malformed;
  }
  const auto slot = ParseNumber(text.substr(dot + 1), 1, kMaxReplicas, "the slot");
  SlotOperand result{.app = std::string(text.substr(0, slash)),
                     .service = std::string(text.substr(slash + 1, dot - slash - 1))};
  if (!slot.ok() || result.app.empty() || result.service.empty()) return malformed;
  result.slot = static_cast<int32_t>(*slot);
  return result;
}

absl::StatusOr<ScaleOperand> ParseScale(std::string_view text) {
  const size_t slash = text.find('/');
  const size_t equal = text.rfind('=');
  if (slash == std::string_view::npos || equal == std::string_view::npos || equal < slash ||
      slash == 0 || equal == slash + 1) {
    return Malformed(text, "APP/SVC=N", "ctl scale shop/web=4");
  }
  QS_ASSIGN_OR_RETURN(const int64_t replicas, ParseNumber(text.substr(equal + 1), 0, kMaxReplicas,
                                                          "the number of replicas"));
  return ScaleOperand{.app = std::string(text.substr(0, slash)),
                      .service = std::string(text.substr(slash + 1, equal - slash - 1)),
                      .replicas = static_cast<int32_t>(replicas)};
}

absl::StatusOr<ImageOperand> ParseImage(std::string_view text) {
  const size_t equal = text.find('=');
  ImageOperand result;
  if (equal != std::string_view::npos) {
    result.service = std::string(text.substr(0, equal));
    if (result.service.empty()) {
      return Malformed(text, "[SVC=]IMAGE", "ctl deploy shop web=registry:5000/web:7");
    }
    text.remove_prefix(equal + 1);
  }
  if (text.empty()) {
    return Malformed(result.service + "=", "[SVC=]IMAGE",
                     "ctl deploy shop web=registry:5000/web:7");
  }
  result.image = std::string(text);
  return result;
}

}  // namespace quayside::ctl
