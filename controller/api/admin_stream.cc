// The calls that stream: Watch and Backup.
#include "common/net/grpc_util.h"
#include "controller/api/admin_service.h"

namespace quayside::controller {
namespace {

// A stream that is refused before it has begun.
template <typename Reply>
class RefusedStream final : public grpc::ServerWriteReactor<Reply> {
 public:
  explicit RefusedStream(const absl::Status& why) { this->Finish(net::ToGrpc(why)); }
  void OnDone() override { delete this; }
};

}  // namespace

grpc::ServerWriteReactor<v1::WatchReply>* AdminService::Watch(Context* context,
                                                              const v1::WatchRequest* request) {
  auto stream = std::make_shared<WatchStream>(workers_);
  absl::Status status = Admit(*context);
  if (status.ok()) status = CheckText(request->app(), "app");
  if (status.ok()) status = CheckText(request->event_app(), "event_app");
  if (status.ok()) status = CheckText(request->event_host(), "event_host");
  if (status.ok()) status = AddStream(stream.get());
  if (!status.ok()) return new RefusedStream<v1::WatchReply>(status);

  StartWatch start;
  start.id = next_watch_++;
  start.watcher = {.app = request->app(),
                   .events = request->events(),
                   .event_app = request->event_app(),
                   .event_host = request->event_host(),
                   .after_event = request->after_event(),
                   .changed = [stream](AppStatusView view) { stream->PutStatus(std::move(view)); },
                   .event = [stream](EventRow row) { stream->PutEvent(std::move(row)); }};
  start.done = [stream](absl::StatusOr<std::monostate> begun) {
    if (!begun.ok()) stream->End(begun.status());
  };
  auto* reactor =
      stream->Open([this, stream = stream.get(), id = start.id] { DropStream(stream, id); });
  if (!submit_(Request(std::move(start)))) {
    stream->End(Unavailable("the controller is too busy; watch again in a moment"));
  }
  return reactor;
}

grpc::ServerWriteReactor<v1::BackupReply>* AdminService::Backup(Context* context,
                                                                const v1::BackupRequest*) {
  auto stream = std::make_shared<BackupStream>(workers_);
  absl::Status status = Admit(*context);
  if (status.ok()) status = AddStream(stream.get());
  if (!status.ok()) return new RefusedStream<v1::BackupReply>(status);

  StartBackup start;
  start.chunk = [stream](std::string chunk) { return stream->PutChunk(std::move(chunk)); };
  start.room = [stream] { return stream->HasRoom(); };
  start.done = [stream](absl::StatusOr<std::monostate> done) { stream->Complete(done.status()); };
  auto* reactor = stream->Open([this, stream = stream.get()] { DropStream(stream, 0); });
  if (!submit_(Request(std::move(start)))) {
    stream->End(Unavailable("the controller is too busy; ask again in a moment"));
  }
  return reactor;
}

}  // namespace quayside::controller
