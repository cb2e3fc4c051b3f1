#include "common/compose/labels.h"

#include <string_view>

#include "common/compose/merge.h"

namespace quayside::compose {

void ReadLabels(Reader& reader, const Node& node, std::map<std::string, std::string>& into) {
  if (!reader.TextMap(node, into)) return;
  const Node map = KeyValueMap(node);
  for (const Entry& entry : map.entries) {
    for (const std::string_view prefix : {"dev.quayside.", "com.docker.compose."}) {
      if (!entry.key.starts_with(prefix)) continue;
      reader.Error(entry.key_mark, "the label " + entry.key.substr(0, 100) +
                                       " is reserved: Quayside sets the " + std::string(prefix) +
                                       "* labels itself; take it out");
    }
  }
}

}  // namespace quayside::compose
