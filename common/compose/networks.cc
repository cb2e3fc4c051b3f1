#include "common/compose/networks.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/compose/labels.h"
#include "common/compose/merge.h"

namespace quayside::compose {
namespace {

// `external: true`, or the older `external: {name: n}`.
void ReadExternal(Reader& reader, const Node& node, bool& external, std::string& name) {
  if (!node.IsMap()) {
    reader.Flag(node, external);
    return;
  }
  external = true;
  for (const Entry& entry : node.entries) {
    const Reader::Below below(reader, entry.key);
    if (entry.key == "name") {
      reader.Text(entry.value, name);
    } else {
      reader.UnknownKey(entry, {"name"});
    }
  }
}

template <std::string IpamPool::*member>
void PoolText(Reader& reader, const Node& node, IpamPool& pool) {
  reader.Text(node, pool.*member);
}

constexpr std::array kPoolKeys = {
    Honoured<IpamPool>("subnet", "CIDR of the network", PoolText<&IpamPool::subnet>),
    Honoured<IpamPool>("gateway", "its gateway", PoolText<&IpamPool::gateway>),
    Honoured<IpamPool>("ip_range", "the part of the subnet that containers get addresses from",
                       PoolText<&IpamPool::ip_range>),
    Honoured<IpamPool>("aux_addresses", "addresses kept free, by name",
                       [](Reader& reader, const Node& node, IpamPool& pool) {
                         reader.TextMap(node, pool.aux_addresses);
                       }),
};

constexpr std::array kIpamKeys = {
    Honoured<NetworkSpec>("driver", "the address driver",
                          [](Reader& reader, const Node& node, NetworkSpec& network) {
                            reader.Text(node, network.ipam_driver);
                          }),
    Honoured<NetworkSpec>("config", "a list of pools, see below",
                          [](Reader& reader, const Node& node, NetworkSpec& network) {
                            if (!reader.ExpectSequence(node)) return;
                            for (const Node& item : node.items) {
                              IpamPool pool;
                              ReadKeys<IpamPool>(reader, item, kPoolKeys, pool);
                              network.ipam_pools.push_back(std::move(pool));
                            }
                          }),
    Refused<NetworkSpec>("options", "leave them out: the address driver's own defaults are used"),
};

template <bool NetworkSpec::*member>
void NetworkFlag(Reader& reader, const Node& node, NetworkSpec& network) {
  reader.Flag(node, network.*member);
}

constexpr std::array kNetworkKeys = {
    Honoured<NetworkSpec>("name", "its name on the engine; PROJECT_KEY without it",
                          [](Reader& reader, const Node& node, NetworkSpec& network) {
                            reader.Text(node, network.name);
                          }),
    Honoured<NetworkSpec>("external",
                          "it must exist on the host; Quayside never makes or removes it",
                          [](Reader& reader, const Node& node, NetworkSpec& network) {
                            ReadExternal(reader, node, network.external, network.name);
                          }),
    Honoured<NetworkSpec>("driver", "bridge unless set; the network is of one host",
                          [](Reader& reader, const Node& node, NetworkSpec& network) {
                            reader.Text(node, network.driver);
                          }),
    Honoured<NetworkSpec>("driver_opts", "handed to the driver",
                          [](Reader& reader, const Node& node, NetworkSpec& network) {
                            reader.TextMap(node, network.driver_opts);
                          }),
    Honoured<NetworkSpec>("labels", "labels of the network",
                          [](Reader& reader, const Node& node, NetworkSpec& network) {
                            ReadLabels(reader, node, network.labels);
                          }),
    Honoured<NetworkSpec>("internal", "no way out of the network",
                          NetworkFlag<&NetworkSpec::internal>),
    Honoured<NetworkSpec>("attachable", "other containers may join",
                          NetworkFlag<&NetworkSpec::attachable>),
    Honoured<NetworkSpec>("enable_ipv6", "IPv6 addresses", NetworkFlag<&NetworkSpec::enable_ipv6>),
    Refused<NetworkSpec>("enable_ipv4", "leave it out: a network has IPv4 addresses"),
    Honoured<NetworkSpec>("ipam", "address pools, see below",
                          [](Reader& reader, const Node& node, NetworkSpec& network) {
                            ReadKeys<NetworkSpec>(reader, node, kIpamKeys, network);
                          }),
};

constexpr std::array kVolumeKeys = {
    Honoured<VolumeSpec>("name", "its name on the engine; PROJECT_KEY without it",
                         [](Reader& reader, const Node& node, VolumeSpec& volume) {
                           reader.Text(node, volume.name);
                         }),
    Honoured<VolumeSpec>("external",
                         "it must exist on the host; Quayside never makes or removes it",
                         [](Reader& reader, const Node& node, VolumeSpec& volume) {
                           ReadExternal(reader, node, volume.external, volume.name);
                         }),
    Honoured<VolumeSpec>("driver", "local unless set",
                         [](Reader& reader, const Node& node, VolumeSpec& volume) {
                           reader.Text(node, volume.driver);
                         }),
    Honoured<VolumeSpec>("driver_opts", "handed to the driver",
                         [](Reader& reader, const Node& node, VolumeSpec& volume) {
                           reader.TextMap(node, volume.driver_opts);
                         }),
    Honoured<VolumeSpec>("labels", "labels of the volume",
                         [](Reader& reader, const Node& node, VolumeSpec& volume) {
                           ReadLabels(reader, node, volume.labels);
                         }),
};

template <std::string NetworkAttachment::*member>
void AttachmentText(Reader& reader, const Node& node, NetworkAttachment& attachment) {
  reader.Text(node, attachment.*member);
}
template <std::vector<std::string> NetworkAttachment::*member>
void AttachmentTexts(Reader& reader, const Node& node, NetworkAttachment& attachment) {
  reader.Texts(node, attachment.*member);
}

constexpr std::array kAttachmentKeys = {
    Honoured<NetworkAttachment>("aliases", "more names of the service on this network",
                                AttachmentTexts<&NetworkAttachment::aliases>),
    Honoured<NetworkAttachment>("ipv4_address", "a static address, so exclusive on the host",
                                AttachmentText<&NetworkAttachment::ipv4_address>),
    Honoured<NetworkAttachment>("ipv6_address", "a static address, so exclusive on the host",
                                AttachmentText<&NetworkAttachment::ipv6_address>),
    Honoured<NetworkAttachment>("link_local_ips", "link-local addresses",
                                AttachmentTexts<&NetworkAttachment::link_local_ips>),
    Honoured<NetworkAttachment>("mac_address", "the MAC address on this network",
                                AttachmentText<&NetworkAttachment::mac_address>),
    Honoured<NetworkAttachment>("priority", "the larger connects first",
                                [](Reader& reader, const Node& node, NetworkAttachment& to) {
                                  reader.Integer(node, -1000000, 1000000, to.priority);
                                }),
    Refused<NetworkAttachment>("gw_priority", "use priority: the first network has the gateway"),
    Refused<NetworkAttachment>("interface_name", "leave it out: the engine names interfaces"),
    Refused<NetworkAttachment>("driver_opts", "set driver_opts at the top-level network"),
};

// What an external network or volume says beside its name would never be used.
template <typename Spec>
void CheckExternal(Reader& reader, const Node& node, const Spec& spec) {
  if (!spec.external) return;
  for (const Entry& entry : node.entries) {
    if (entry.key == "name" || entry.key == "external" || entry.key.starts_with("x-")) continue;
    reader.Error(entry.key_mark, entry.key + " has no effect on what is external; leave it out");
  }
}

template <typename Declared, typename Spec, size_t N>
std::map<std::string, Declared> ReadDeclared(Reader& reader, const Node& node,
                                             const std::string& project,
                                             const std::array<KeyRule<Spec>, N>& rules) {
  std::map<std::string, Declared> declared;
  if (!reader.ExpectMap(node)) return declared;
  for (const Entry& entry : node.entries) {
    if (entry.key.starts_with("x-")) continue;
    const Reader::Below below(reader, entry.key);
    Declared each;
    each.mark = entry.key_mark;
    if (!entry.value.IsNull()) {
      ReadKeys<Spec>(reader, entry.value, rules, each.spec);
      CheckExternal(reader, entry.value, each.spec);
    }
    if (each.spec.name.empty()) {
      each.spec.name = each.spec.external ? entry.key : project + "_" + entry.key;
    }
    declared.emplace(entry.key, std::move(each));
  }
  return declared;
}

}  // namespace

std::map<std::string, DeclaredNetwork> ReadNetworks(Reader& reader, const Node& node,
                                                    const std::string& project) {
  return ReadDeclared<DeclaredNetwork, NetworkSpec>(reader, node, project, kNetworkKeys);
}

std::map<std::string, DeclaredVolume> ReadNamedVolumes(Reader& reader, const Node& node,
                                                       const std::string& project) {
  return ReadDeclared<DeclaredVolume, VolumeSpec>(reader, node, project, kVolumeKeys);
}

void ReadAttachments(Reader& reader, const Node& node, std::vector<NetworkAttachment>& into) {
  const Node map = NameMap(node);
  if (!reader.ExpectMap(map)) return;
  for (const Entry& entry : map.entries) {
    const Reader::Below below(reader, entry.key);
    NetworkAttachment attachment;
    attachment.network = entry.key;
    if (!entry.value.IsNull()) {
      ReadKeys<NetworkAttachment>(reader, entry.value, kAttachmentKeys, attachment);
    }
    into.push_back(std::move(attachment));
  }
  std::sort(into.begin(), into.end(), [](const NetworkAttachment& a, const NetworkAttachment& b) {
    return a.network < b.network;
  });
}

void AppendNetworkKeys(std::vector<KeyDoc>& docs) {
  AppendDocs<NetworkAttachment>("services.*.networks.*.", kAttachmentKeys, docs);
  AppendDocs<NetworkSpec>("networks.*.", kNetworkKeys, docs);
  AppendDocs<NetworkSpec>("networks.*.ipam.", kIpamKeys, docs);
  AppendDocs<IpamPool>("networks.*.ipam.config[].", kPoolKeys, docs);
  AppendDocs<VolumeSpec>("volumes.*.", kVolumeKeys, docs);
}

}  // namespace quayside::compose
