#include "controller/core/answered.h"

#include "common/base/status.h"

namespace quayside::controller {
namespace {

constexpr absl::Duration kKept = absl::Hours(24);

}  // namespace

std::string Pack(const std::vector<std::string>& fields) {
  std::string packed;
  for (const std::string& field : fields) {
    packed += std::to_string(field.size()) + ":" + field;
  }
  return packed;
}

std::vector<std::string> Unpack(const std::string& packed) {
  std::vector<std::string> fields;
  size_t at = 0;
  while (at < packed.size()) {
    const size_t colon = packed.find(':', at);
    if (colon == std::string::npos) break;
    const size_t size = std::stoul(packed.substr(at, colon - at));
    fields.push_back(packed.substr(colon + 1, size));
    at = colon + 1 + size;
  }
  return fields;
}

absl::StatusOr<std::optional<std::vector<std::string>>> FindAnswer(const CoreState& state,
                                                                   const Caller& caller,
                                                                   const std::string& method) {
  if (caller.request.empty()) return std::nullopt;
  const RequestRow* row = state.ledger.model().requests.Find(caller.request);
  if (row == nullptr) return std::nullopt;
  if (row->method != method || row->body_digest != caller.body_digest) {
    return InvalidArgument("the request id " + caller.request.value +
                           " was used for another request; choose a new one");
  }
  return Unpack(row->result);
}

void StoreAnswer(CoreState& state, const Caller& caller, const std::string& method,
                 const std::vector<std::string>& fields) {
  if (caller.request.empty()) return;
  state.ledger.PutRequest(caller.request, {state.wall, method, caller.body_digest, Pack(fields)});
}

void PruneAnswers(CoreState& state, int limit) {
  std::vector<RequestId> old;
  for (const auto& [id, row] : state.ledger.model().requests.rows()) {
    if (row.at + kKept < state.wall) old.push_back(id);
    if (static_cast<int>(old.size()) >= limit) break;
  }
  for (const RequestId& id : old) state.ledger.DeleteRequest(id);
}

}  // namespace quayside::controller
