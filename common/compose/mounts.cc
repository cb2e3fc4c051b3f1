#include "common/compose/mounts.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "common/base/status.h"
#include "common/compose/scalar.h"

namespace quayside::compose {
namespace {

constexpr std::string_view kRelativeHint =
    "a relative path has no meaning on another host; write the absolute path on the host, use a "
    "named volume, or put the file into the image";
constexpr std::string_view kSelinuxHint =
    "SELinux labels are not set by Quayside; label the directory on the host";
const std::vector<std::string_view> kPropagations = {"rprivate", "private", "rshared",
                                                     "shared",   "rslave",  "slave"};

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

bool IsPath(std::string_view source) {
  return source.starts_with('/') || source.starts_with('.') || source.starts_with('~') ||
         source.find('/') != std::string_view::npos || source.find('\\') != std::string_view::npos;
}

// Reports a bind source that is not an absolute path of a Linux host.
void CheckBindSource(Reader& reader, const Mark& mark, const std::string& source) {
  if (source.starts_with('/')) return;
  reader.Error(mark, "the source \"" + source.substr(0, 100) + "\" is not an absolute path; " +
                         std::string(kRelativeHint));
}

void ReadShortOption(Reader& reader, const Mark& mark, std::string_view option, MountSpec& mount) {
  const bool propagation =
      std::find(kPropagations.begin(), kPropagations.end(), option) != kPropagations.end();
  if (option == "ro") {
    mount.read_only = true;
  } else if (option == "nocopy") {
    mount.volume_nocopy = true;
  } else if (propagation) {
    mount.bind_propagation = option;
  } else if (option == "z" || option == "Z") {
    reader.Unsupported(mark, "the option " + std::string(option) + " is not supported; " +
                                 std::string(kSelinuxHint));
  } else if (option != "rw" && option != "cached" && option != "delegated" &&
             option != "consistent" && option != "copy") {
    reader.Error(mark, "\"" + std::string(option.substr(0, 60)) +
                           "\" is not an option of a mount; ro, rw, nocopy and the bind "
                           "propagations are");
  }
}

void ReadShort(Reader& reader, const Node& node, std::vector<MountSpec>& into) {
  const std::vector<std::string_view> parts = Split(node.text, ':');
  MountSpec mount;
  if (parts.size() > 3) {
    reader.Error(node.mark, "a short volume is [SOURCE:]TARGET[:OPTIONS]; use the long form");
    return;
  }
  mount.target = std::string(parts.size() == 1 ? parts[0] : parts[1]);
  if (parts.size() > 1) mount.source = std::string(parts[0]);
  if (parts.size() > 1 && IsPath(mount.source)) {
    mount.type = MountType::kBind;
    mount.bind_create_host_path = true;
    CheckBindSource(reader, node.mark, mount.source);
  } else if (parts.size() > 1 && mount.source.empty()) {
    reader.Error(node.mark, "the source is empty; name a volume or an absolute path");
  }
  if (parts.size() == 3) {
    for (const std::string_view option : Split(parts[2], ',')) {
      ReadShortOption(reader, node.mark, option, mount);
    }
  }
  into.push_back(std::move(mount));
}

// The long form's fields before they make a mount.
struct LongMount {
  MountSpec mount;
  std::string type;
};

constexpr std::array kBindKeys = {
    Honoured<LongMount>("propagation", "rprivate, private, rshared, shared, rslave or slave",
                        [](Reader& reader, const Node& node, LongMount& to) {
                          reader.Choice(node, kPropagations, to.mount.bind_propagation);
                        }),
    Honoured<LongMount>(
        "create_host_path",
        "makes a missing source directory; false unless set (the short form sets it)",
        [](Reader& reader, const Node& node, LongMount& to) {
          reader.Flag(node, to.mount.bind_create_host_path);
        }),
    Refused<LongMount>("selinux", kSelinuxHint),
    Refused<LongMount>("recursive", "leave it out: the engine's own default is used"),
};

constexpr std::array kVolumeOptionKeys = {
    Honoured<LongMount>("nocopy", "the image's files are not copied into a fresh volume",
                        [](Reader& reader, const Node& node, LongMount& to) {
                          reader.Flag(node, to.mount.volume_nocopy);
                        }),
    Refused<LongMount>("subpath", "mount the whole volume, or make one volume per directory"),
    Refused<LongMount>("labels", "label the volume under the top-level volumes"),
};

void ReadTmpfsSize(Reader& reader, const Node& node, LongMount& to) {
  int64_t bytes = 0;
  if (reader.Bytes(node, bytes)) to.mount.tmpfs_size_bytes = static_cast<uint64_t>(bytes);
}

// A file mode is octal however it is written: 1777, 01777 and 0o1777 are the same.
bool ParseMode(Reader& reader, const Mark& mark, std::string_view text, uint32_t& into) {
  std::string_view digits = text;
  if (digits.starts_with("0o")) digits.remove_prefix(2);
  uint32_t mode = 0;
  bool good = !digits.empty() && digits.size() <= 6;
  for (const char c : digits) {
    good = good && c >= '0' && c <= '7';
    mode = mode * 8 + static_cast<uint32_t>(c - '0');
  }
  if (good && mode <= 07777) {
    into = mode;
    return true;
  }
  reader.Error(
      mark, "\"" + std::string(text.substr(0, 40)) + "\" is not a file mode in octal, like 1777");
  return false;
}

constexpr std::array kTmpfsKeys = {
    Honoured<LongMount>("size", "its largest size", ReadTmpfsSize),
    Honoured<LongMount>("mode", "the directory's file mode, in octal",
                        [](Reader& reader, const Node& node, LongMount& to) {
                          std::string text;
                          if (!reader.Text(node, text)) return;
                          ParseMode(reader, node.mark, text, to.mount.tmpfs_mode);
                        }),
};

constexpr std::array kMountKeys = {
    Honoured<LongMount>("type", "volume, bind or tmpfs",
                        [](Reader& reader, const Node& node, LongMount& to) {
                          if (!reader.Text(node, to.type)) return;
                          if (to.type == "npipe" || to.type == "cluster" || to.type == "image") {
                            reader.Unsupported(node.mark, "the type " + to.type +
                                                              " is not supported; use volume, bind "
                                                              "or tmpfs");
                          } else {
                            reader.Choice(node, {"volume", "bind", "tmpfs"}, to.type);
                          }
                        }),
    Honoured<LongMount>("source", "a volume of the file, or an absolute path for a bind",
                        [](Reader& reader, const Node& node, LongMount& to) {
                          reader.Text(node, to.mount.source);
                        }),
    Honoured<LongMount>("target", "the absolute path in the container",
                        [](Reader& reader, const Node& node, LongMount& to) {
                          reader.Text(node, to.mount.target);
                        }),
    Honoured<LongMount>("read_only", "the container cannot write to it",
                        [](Reader& reader, const Node& node, LongMount& to) {
                          reader.Flag(node, to.mount.read_only);
                        }),
    Honoured<LongMount>("bind", "see below",
                        [](Reader& reader, const Node& node, LongMount& to) {
                          ReadKeys<LongMount>(reader, node, kBindKeys, to);
                        }),
    Honoured<LongMount>("volume", "see below",
                        [](Reader& reader, const Node& node, LongMount& to) {
                          ReadKeys<LongMount>(reader, node, kVolumeOptionKeys, to);
                        }),
    Honoured<LongMount>("tmpfs", "see below",
                        [](Reader& reader, const Node& node, LongMount& to) {
                          ReadKeys<LongMount>(reader, node, kTmpfsKeys, to);
                        }),
    Accepted<LongMount>("consistency", "it matters to Docker Desktop only"),
    Refused<LongMount>("image", "mounting an image is not supported; use a volume"),
};

void ReadLong(Reader& reader, const Node& node, std::vector<MountSpec>& into) {
  LongMount read;
  ReadKeys<LongMount>(reader, node, kMountKeys, read);
  MountSpec& mount = read.mount;
  if (read.type.empty()) {
    reader.Error(node.mark, "the long form needs type: volume, bind or tmpfs");
    return;
  }
  if (mount.target.empty()) {
    reader.Error(node.mark, "the long form needs target, the path in the container");
    return;
  }
  if (read.type == "bind") {
    mount.type = MountType::kBind;
    CheckBindSource(reader, node.mark, mount.source);
  } else if (read.type == "tmpfs") {
    mount.type = MountType::kTmpfs;
    if (!mount.source.empty()) reader.Error(node.mark, "a tmpfs has no source");
  } else if (read.type != "volume") {
    return;
  } else if (IsPath(mount.source)) {
    reader.Error(node.mark, "the source of a volume is its name; for a path say type: bind");
  }
  into.push_back(std::move(mount));
}

void CheckTargets(Reader& reader, const Node& node, const std::vector<MountSpec>& mounts) {
  for (size_t i = 0; i < mounts.size(); ++i) {
    if (!mounts[i].target.starts_with('/')) {
      reader.Error(node.mark, "the target \"" + mounts[i].target.substr(0, 100) +
                                  "\" is not an absolute path in the container");
    }
    for (size_t j = 0; j < i; ++j) {
      if (mounts[j].target == mounts[i].target) {
        reader.Error(node.mark, "two mounts have the target " + mounts[i].target.substr(0, 100));
      }
    }
  }
}

// `/run` or `/run:size=64m,mode=1777`.
void ReadTmpfsLine(Reader& reader, const Mark& mark, const std::string& line,
                   std::vector<MountSpec>& into) {
  const size_t colon = line.find(':');
  LongMount to;
  to.mount.type = MountType::kTmpfs;
  to.mount.target = line.substr(0, colon);
  const std::string_view options =
      colon == std::string::npos ? std::string_view() : std::string_view(line).substr(colon + 1);
  for (const std::string_view option : Split(options, ',')) {
    if (option.starts_with("size=")) {
      ReadTmpfsSize(reader, MakeScalar(std::string(option.substr(5)), true, mark), to);
    } else if (option.starts_with("mode=")) {
      ParseMode(reader, mark, option.substr(5), to.mount.tmpfs_mode);
    } else if (option == "ro") {
      to.mount.read_only = true;
    } else if (!option.empty() && option != "rw" && option != "noexec" && option != "nosuid" &&
               option != "nodev") {
      reader.Unsupported(mark, "the option " + std::string(option.substr(0, 60)) +
                                   " of a tmpfs is not supported; size, mode, ro and the engine's "
                                   "defaults noexec, nosuid, nodev are");
    }
  }
  into.push_back(std::move(to.mount));
}

}  // namespace

void ReadVolumes(Reader& reader, const Node& node, std::vector<MountSpec>& into) {
  if (!reader.ExpectSequence(node)) return;
  for (const Node& item : node.items) {
    if (item.IsMap()) {
      ReadLong(reader, item, into);
    } else if (std::string text; reader.Text(item, text)) {
      ReadShort(reader, item, into);
    }
  }
  CheckTargets(reader, node, into);
}

void ReadTmpfs(Reader& reader, const Node& node, std::vector<MountSpec>& into) {
  std::vector<std::string> lines;
  if (!reader.Texts(node, lines)) return;
  for (const std::string& line : lines) ReadTmpfsLine(reader, node.mark, line, into);
  CheckTargets(reader, node, into);
}

void AppendMountKeys(std::vector<KeyDoc>& docs) {
  AppendDocs<LongMount>("services.*.volumes[].", kMountKeys, docs);
  AppendDocs<LongMount>("services.*.volumes[].bind.", kBindKeys, docs);
  AppendDocs<LongMount>("services.*.volumes[].volume.", kVolumeOptionKeys, docs);
  AppendDocs<LongMount>("services.*.volumes[].tmpfs.", kTmpfsKeys, docs);
}

}  // namespace quayside::compose
