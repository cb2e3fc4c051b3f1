#include "controller/api/admin_service.h"

#include "common/model/digest.h"

namespace quayside::controller {
namespace {

constexpr size_t kMaxText = 255;
constexpr size_t kMaxRequestId = 64;

}  // namespace

AdminService::AdminService(AdminOptions options, Submit submit, Resolve resolve)
    : options_(std::move(options)),
      submit_(std::move(submit)),
      resolve_(std::move(resolve)),
      workers_(options_.threads) {}

AdminService::~AdminService() {
  absl::MutexLock lock(&mutex_);
  const auto none = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return streams_.empty(); };
  mutex_.Await(absl::Condition(&none));
}

absl::Status AdminService::Admit(const Context& context) {
  if (!context.peer().starts_with("unix:")) {
    return Unauthenticated(
        "the controller takes administration over its unix socket only, until it has certificates; "
        "run ctl on the controller's machine");
  }
  if (in_flight_ > options_.max_calls) {
    return ResourceExhausted("the controller is answering too many calls; ask again in a moment");
  }
  return absl::OkStatus();
}

absl::Status AdminService::CheckText(const std::string& text, const char* field) {
  if (text.size() <= kMaxText) return absl::OkStatus();
  return InvalidArgument(std::string(field) + " is longer than 255 bytes");
}

absl::Status AdminService::CheckName(const std::string& name, const char* field) {
  if (name.empty())
    return InvalidArgument(std::string(field) + " is empty; say which one is meant");
  return CheckText(name, field);
}

absl::StatusOr<Caller> AdminService::MakeCaller(const std::string& request_id,
                                                const std::string& body) const {
  if (request_id.empty() || request_id.size() > kMaxRequestId) {
    return InvalidArgument("a change needs a request id of at most 64 bytes");
  }
  return Caller{
      .request = RequestId(request_id), .by = options_.by, .body_digest = Sha256Digest(body)};
}

absl::Status AdminService::AddStream(AdminStream* stream) {
  absl::MutexLock lock(&mutex_);
  if (ending_) return Unavailable("the controller is about to stop; ask again in a moment");
  if (static_cast<int>(streams_.size()) >= options_.max_streams) {
    return ResourceExhausted("the controller has too many watchers; ask again later");
  }
  streams_.insert(stream);
  return absl::OkStatus();
}

void AdminService::DropStream(AdminStream* stream, uint64_t watch) {
  absl::MutexLock lock(&mutex_);
  streams_.erase(stream);
  if (watch != 0) unsaid_stops_.push_back(watch);
  while (!unsaid_stops_.empty() && submit_(Request(StopWatch{unsaid_stops_.back()}))) {
    unsaid_stops_.pop_back();
  }
}

void AdminService::EndStreams() {
  absl::MutexLock lock(&mutex_);
  ending_ = true;
  // A stream leaves the set before it is destroyed, so all of these live.
  for (AdminStream* stream : streams_) {
    stream->End(Unavailable("the controller is stopping; it may be back in a moment"));
  }
}

}  // namespace quayside::controller
