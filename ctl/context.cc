#include "ctl/context.h"

#include <filesystem>

#include <nlohmann/json.hpp>

#include "common/base/file.h"
#include "common/base/id.h"
#include "common/base/status.h"

namespace quayside::ctl {
namespace {

constexpr size_t kMaxContextBytes = 64 * 1024;
// What sockaddr_un holds, less the closing zero.
constexpr size_t kMaxSocketPath = 107;
constexpr std::string_view kEnding = ".context";

absl::Status CheckSocket(const std::string& socket) {
  if (socket.empty() || socket[0] != '/') {
    return InvalidArgument("the socket " + (socket.empty() ? "\"\"" : socket) +
                           " is no absolute path; give the path of the controller's ctl.sock");
  }
  if (socket.size() > kMaxSocketPath) {
    return InvalidArgument("the socket " + socket + " is longer than " +
                           std::to_string(kMaxSocketPath) +
                           " characters, which is what the system takes; use a shorter path");
  }
  return absl::OkStatus();
}

}  // namespace

ContextDirectory::ContextDirectory(std::string_view home)
    : directory_(home.empty() ? "" : std::string(home) + "/.config/quayside") {}

std::string ContextDirectory::PathOf(const std::string& name) const {
  return directory_ + "/" + name + std::string(kEnding);
}

absl::StatusOr<std::vector<Context>> ContextDirectory::List() const {
  std::vector<Context> contexts;
  if (directory_.empty()) return contexts;
  std::error_code error;
  std::vector<std::string> paths;
  for (std::filesystem::directory_iterator entry(directory_, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() == kEnding) paths.push_back(entry->path().string());
  }
  std::sort(paths.begin(), paths.end());
  for (const std::string& path : paths) {
    auto context = ReadContext(path);
    if (!context.ok()) return context.status();
    context->name = std::filesystem::path(path).stem().string();
    contexts.push_back(*std::move(context));
  }
  return contexts;
}

std::string ContextDirectory::Current() const {
  if (directory_.empty()) return "";
  const auto content = ReadFile(directory_ + "/current", kMaxContextBytes);
  if (!content.ok()) return "";
  const std::string name = content->substr(0, content->find('\n'));
  return IsOwnId(name) ? name : "";
}

absl::Status ContextDirectory::Use(const std::string& name) const {
  if (!IsOwnId(name) || directory_.empty() || !std::filesystem::exists(PathOf(name))) {
    return NotFound("there is no context " + name + "; `ctl context ls` shows those there are");
  }
  QS_ASSIGN_OR_RETURN(DiskFileStore files, DiskFileStore::Open(directory_));
  return files.Write("current", name + "\n");
}

absl::Status ContextDirectory::Add(const Context& context) const {
  if (!IsOwnId(context.name)) {
    return InvalidArgument("the context name " + context.name +
                           " cannot be used; take lower-case letters, digits and -");
  }
  if (directory_.empty()) {
    return FailedPrecondition(
        "the context cannot be kept because HOME is not set; set it, or "
        "give --context FILE each time");
  }
  QS_RETURN_IF_ERROR(CheckSocket(context.socket));
  QS_ASSIGN_OR_RETURN(DiskFileStore files, DiskFileStore::Open(directory_));
  const nlohmann::json json = {{"name", context.name}, {"socket", context.socket}};
  QS_RETURN_IF_ERROR(
      files.Write(context.name + std::string(kEnding),
                  json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"));
  return Current().empty() ? Use(context.name) : absl::OkStatus();
}

absl::StatusOr<Context> ReadContext(const std::string& path) {
  const auto content = ReadFile(path, kMaxContextBytes);
  if (!content.ok()) return WithContext(content.status(), "the context file " + path);
  const nlohmann::json json = nlohmann::json::parse(*content, nullptr, false);
  const auto text = [&](const char* key) {
    return json.is_object() && json.contains(key) && json[key].is_string()
               ? json[key].get<std::string>()
               : std::string();
  };
  Context context{.name = text("name"), .socket = text("socket"), .path = path};
  if (context.socket.empty()) {
    return InvalidArgument("the context file " + path +
                           " names no socket; copy the admin.context of the controller again");
  }
  QS_RETURN_IF_ERROR(WithContext(CheckSocket(context.socket), "the context file " + path));
  return context;
}

absl::StatusOr<Context> FindContext(const std::string& explicit_path,
                                    const ContextDirectory& directory,
                                    const std::string& admin_path) {
  if (!explicit_path.empty()) {
    auto context = ReadContext(explicit_path);
    if (!context.ok()) {
      return Unavailable("the controller cannot be found because the context file " +
                         explicit_path + " cannot be used (" + Message(context.status()) +
                         "); name the right one with --context");
    }
    return context;
  }
  if (const std::string current = directory.Current(); !current.empty()) {
    auto context = ReadContext(directory.PathOf(current));
    if (!context.ok()) {
      return Unavailable("the current context " + current + " cannot be used (" +
                         Message(context.status()) + "); choose one with `ctl context use`");
    }
    return context;
  }
  auto context = ReadContext(admin_path);
  if (context.ok()) return context;
  if (absl::IsPermissionDenied(context.status())) {
    return Unavailable("the controller's " + admin_path +
                       " may not be read by this user; run ctl as root, or as the user that the "
                       "controller runs as");
  }
  return Unavailable("no controller is known because there is no " + admin_path +
                     " and no current context; start quayside-controller here, or name one with "
                     "`ctl context add` or --context FILE");
}

}  // namespace quayside::ctl
