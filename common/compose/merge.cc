#include "common/compose/merge.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

#include "common/compose/ports.h"

namespace quayside::compose {
namespace {

enum class Rule {
  kDefault,    // maps merge, lists append what is new, anything else is replaced
  kReplace,    // the later one stands
  kKeyValues,  // KEY=value lists are maps
  kNames,      // lists of names are maps
  kTexts,      // a text is a list of one
  kHosts,      // extra_hosts: maps are lists
  kPorts,      // unique by address, published port, target and protocol
  kTargets,    // unique by the path in the container
  kEnvFiles,   // unique by path
  kPools,      // unique by subnet
  kLogging,    // options belong to their driver
};

struct RuleAt {
  std::string_view path;  // `*` stands for any one key
  Rule rule;
};

constexpr std::array kRules = {
    RuleAt{"services.*.command", Rule::kReplace},
    RuleAt{"services.*.entrypoint", Rule::kReplace},
    RuleAt{"services.*.healthcheck.test", Rule::kReplace},
    RuleAt{"services.*.environment", Rule::kKeyValues},
    RuleAt{"services.*.labels", Rule::kKeyValues},
    RuleAt{"services.*.annotations", Rule::kKeyValues},
    RuleAt{"services.*.sysctls", Rule::kKeyValues},
    RuleAt{"services.*.deploy.labels", Rule::kKeyValues},
    RuleAt{"networks.*.labels", Rule::kKeyValues},
    RuleAt{"volumes.*.labels", Rule::kKeyValues},
    RuleAt{"services.*.depends_on", Rule::kNames},
    RuleAt{"services.*.networks", Rule::kNames},
    RuleAt{"services.*.dns", Rule::kTexts},
    RuleAt{"services.*.dns_opt", Rule::kTexts},
    RuleAt{"services.*.dns_search", Rule::kTexts},
    RuleAt{"services.*.env_file", Rule::kEnvFiles},
    RuleAt{"services.*.tmpfs", Rule::kTargets},
    RuleAt{"services.*.extra_hosts", Rule::kHosts},
    RuleAt{"services.*.ports", Rule::kPorts},
    RuleAt{"services.*.volumes", Rule::kTargets},
    RuleAt{"services.*.devices", Rule::kTargets},
    RuleAt{"networks.*.ipam.config", Rule::kPools},
    RuleAt{"services.*.logging", Rule::kLogging},
    RuleAt{"services.*.x-quayside.probe.command", Rule::kReplace},
    RuleAt{"x-quayside.probe.command", Rule::kReplace},
};

bool Matches(std::string_view pattern, const std::vector<std::string>& path) {
  for (size_t i = 0; i < path.size(); ++i) {
    const size_t dot = pattern.find('.');
    const std::string_view part = pattern.substr(0, dot);
    if (part != "*" && part != path[i]) return false;
    const bool last = i + 1 == path.size();
    if (dot == std::string_view::npos) return last;
    if (last) return false;
    pattern.remove_prefix(dot + 1);
  }
  return false;
}

Rule RuleFor(const std::vector<std::string>& path) {
  for (const RuleAt& at : kRules) {
    if (Matches(at.path, path)) return at.rule;
  }
  return Rule::kDefault;
}

// Put, with the places of the keys kept aside: a list may be long.
void PutIndexed(Node& map, std::map<std::string, size_t>& places, std::string key, Node value) {
  const auto [place, fresh] = places.emplace(std::move(key), map.entries.size());
  if (fresh) {
    const Mark mark = value.mark;
    map.entries.push_back({place->first, mark, std::move(value)});
  } else {
    map.entries[place->second].value = std::move(value);
  }
}

Node TextList(Node node) {
  if (!node.IsScalar() && !node.IsMap()) return node;
  Node list = MakeSequence(node.mark);
  list.items.push_back(std::move(node));
  return list;
}

// A map of name → address or addresses as a list of name=address.
Node HostList(Node node) {
  if (!node.IsMap()) return node;
  Node list = MakeSequence(node.mark);
  for (const Entry& entry : node.entries) {
    if (entry.value.IsSequence()) {
      for (const Node& address : entry.value.items) {
        list.items.push_back(MakeScalar(entry.key + "=" + address.text, true, address.mark));
      }
    } else {
      list.items.push_back(MakeScalar(entry.key + "=" + entry.value.text, true, entry.key_mark));
    }
  }
  return list;
}

// Where a mount, device or tmpfs lands in the container: what makes it unique.
std::string TargetKey(const Node& item) {
  if (item.IsMap()) {
    const Node* target = Find(item, "target");
    return target != nullptr ? target->text : "";
  }
  const size_t first = item.text.find(':');
  if (first == std::string::npos) return item.text;
  const size_t second = item.text.find(':', first + 1);
  const std::string middle = item.text.substr(first + 1, second - first - 1);
  // `/run:size=64m` of tmpfs has options where others have the target.
  return middle.starts_with('/') ? middle : item.text.substr(0, first);
}

std::string FieldKey(const Node& item, std::string_view field) {
  const Node* value = Find(item, field);
  return value != nullptr ? value->text : item.text;
}

std::string UniqueKey(Rule rule, const Node& item) {
  switch (rule) {
    case Rule::kPorts:
      return PortKey(item);
    case Rule::kTargets:
      return TargetKey(item);
    case Rule::kEnvFiles:
      return FieldKey(item, "path");
    case Rule::kPools:
      return FieldKey(item, "subnet");
    default:
      return "";
  }
}

// Appends the items of `over`, each replacing the item of the same key.
Node Append(Node base, const Node& over, Rule rule) {
  std::map<std::string, size_t> places;
  for (size_t i = 0; i < base.items.size(); ++i) {
    if (const std::string key = UniqueKey(rule, base.items[i]); !key.empty()) places[key] = i;
  }
  for (const Node& item : over.items) {
    const std::string key = UniqueKey(rule, item);
    const auto found = key.empty() ? places.end() : places.find(key);
    if (found != places.end()) {
      base.items[found->second] = item;
      continue;
    }
    const bool there = std::any_of(base.items.begin(), base.items.end(),
                                   [&](const Node& each) { return SameContent(each, item); });
    if (there) continue;
    if (!key.empty()) places[key] = base.items.size();
    base.items.push_back(item);
  }
  base.mark = over.mark;
  return base;
}

Node MergeAt(Node base, const Node& over, std::vector<std::string>& path);

Node MergeMaps(Node base, const Node& over, std::vector<std::string>& path) {
  std::map<std::string, size_t> places;
  for (size_t i = 0; i < base.entries.size(); ++i) places[base.entries[i].key] = i;
  for (const Entry& entry : over.entries) {
    const auto found = places.find(entry.key);
    if (found == places.end()) {
      base.entries.push_back(entry);
      continue;
    }
    Node& existing = base.entries[found->second].value;
    path.push_back(entry.key);
    existing = MergeAt(std::move(existing), entry.value, path);
    path.pop_back();
  }
  return base;
}

bool SameDriver(const Node& base, const Node& over) {
  const Node* mine = Find(base, "driver");
  const Node* theirs = Find(over, "driver");
  return mine == nullptr || theirs == nullptr || mine->text == theirs->text;
}

Node Normalised(Node node, Rule rule) {
  switch (rule) {
    case Rule::kKeyValues:
      return KeyValueMap(std::move(node));
    case Rule::kNames:
      return NameMap(std::move(node));
    case Rule::kTexts:
    case Rule::kEnvFiles:
      return TextList(std::move(node));
    case Rule::kTargets:
      return node.IsScalar() ? TextList(std::move(node)) : node;
    case Rule::kHosts:
      return HostList(std::move(node));
    default:
      return node;
  }
}

Node MergeAt(Node base, const Node& over, std::vector<std::string>& path) {
  if (over.tag == "!reset" || over.tag == "!override" || base.tag == "!reset") return over;
  if (over.IsNull()) return base;
  if (base.IsNull()) return over;
  const Rule rule = RuleFor(path);
  if (rule == Rule::kReplace) return over;
  if (rule == Rule::kLogging && !SameDriver(base, over)) return over;
  if (rule == Rule::kDefault && base.IsMap() && over.IsMap()) {
    return MergeMaps(std::move(base), over, path);
  }
  Node left = Normalised(std::move(base), rule);
  const Node right = Normalised(over, rule);
  if (left.IsMap() && right.IsMap()) return MergeMaps(std::move(left), right, path);
  if (left.IsSequence() && right.IsSequence()) return Append(std::move(left), right, rule);
  return over;
}

}  // namespace

Node KeyValueMap(Node node) {
  if (!node.IsSequence()) return node;
  Node map = MakeMap(node.mark);
  std::map<std::string, size_t> places;
  for (const Node& item : node.items) {
    if (!item.IsScalar()) return node;
    const size_t equals = item.text.find('=');
    Node value;
    value.mark = item.mark;
    if (equals != std::string::npos) {
      value = MakeScalar(item.text.substr(equals + 1), true, item.mark);
    }
    PutIndexed(map, places, item.text.substr(0, equals), std::move(value));
  }
  return map;
}

Node NameMap(Node node) {
  if (!node.IsSequence()) return node;
  Node map = MakeMap(node.mark);
  std::map<std::string, size_t> places;
  for (const Node& item : node.items) {
    if (!item.IsScalar()) return node;
    Node nothing;
    nothing.mark = item.mark;
    PutIndexed(map, places, item.text, std::move(nothing));
  }
  return map;
}

Node Merge(Node base, const Node& over, std::vector<std::string> path) {
  return MergeAt(std::move(base), over, path);
}

void DropResets(Node& node) {
  node.tag.clear();
  std::erase_if(node.items, [](const Node& item) { return item.tag == "!reset"; });
  std::erase_if(node.entries, [](const Entry& entry) { return entry.value.tag == "!reset"; });
  for (Node& item : node.items) DropResets(item);
  for (Entry& entry : node.entries) DropResets(entry.value);
}

}  // namespace quayside::compose
