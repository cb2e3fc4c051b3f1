// A context says which controller `ctl` talks to: a small JSON file like the admin.context that the
// controller writes, {"name":"local","socket":"/var/lib/quayside/ctl.sock"}. It is looked for in
// order: --context, $QUAYSIDE_CONTEXT, the current one of ~/.config/quayside/, then the
// admin.context of a controller on this machine. Any thread. Limits: a context file is at most 64
// KiB.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace quayside::ctl {

struct Context {
  std::string name;
  std::string socket;  // absolute path of ctl.sock
  std::string path;    // the file it came from
  bool operator==(const Context&) const = default;
};

// The contexts of one person, kept as DIRECTORY/NAME.context with the current one's name in
// DIRECTORY/current.
class ContextDirectory {
 public:
  // `home` is $HOME; "" = there is none, and every change fails.
  explicit ContextDirectory(std::string_view home);

  // Sorted by name.
  absl::StatusOr<std::vector<Context>> List() const;
  // "" when none was chosen.
  std::string Current() const;
  // kNotFound when there is none of this name.
  absl::Status Use(const std::string& name) const;
  // Replaces one of the same name; the first one becomes the current one. kInvalidArgument when the
  // name or the socket cannot be accepted.
  absl::Status Add(const Context& context) const;
  std::string PathOf(const std::string& name) const;

 private:
  std::string directory_;
};

// Reads one context file. kNotFound, kPermissionDenied, kInvalidArgument when it is no context.
absl::StatusOr<Context> ReadContext(const std::string& path);

// The context to use. `explicit_path` is --context or $QUAYSIDE_CONTEXT ("" = neither),
// `admin_path` the controller's own file. kUnavailable with what to do when there is none (exit 3).
absl::StatusOr<Context> FindContext(const std::string& explicit_path,
                                    const ContextDirectory& directory,
                                    const std::string& admin_path);

inline constexpr std::string_view kAdminContextPath = "/var/lib/quayside/admin.context";

}  // namespace quayside::ctl
