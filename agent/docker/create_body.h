// The JSON bodies that the Docker Engine API takes, made from our values. Pure: same arguments,
// same bytes. Source: Docker Engine API v1.41 … v1.47, operations ContainerCreate, ContainerUpdate,
// NetworkCreate, NetworkConnect, VolumeCreate.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/engine.h"

namespace quayside::agent::docker {

// An API version as a number that compares: 1.41 is 41. The major version has been 1 since the
// beginning.
inline constexpr int kMinApi = 41;  // Docker 20.10, Debian 12's
inline constexpr int kMaxApi = 47;  // the newest whose differences are known here
// From this version on, create attaches to several networks, and knows start_interval and a MAC
// address per network.
inline constexpr int kMultiNetworkApi = 44;

// The names on the engine of the networks that a plan attaches to, by the key of
// ContainerSpec::networks.
using NetworkNames = std::map<std::string, std::string>;

// The spec's attachments in the order in which to connect them: larger priority first, then as the
// file has them.
std::vector<NetworkAttachment> OrderedAttachments(const ContainerSpec& spec);

// The body of POST /containers/create. Below kMultiNetworkApi it names the first network only; the
// others are connected afterwards, before the start.
std::string CreateBody(const ContainerPlan& plan, const NetworkNames& networks, int api_version);
// The body of POST /networks/{id}/connect.
std::string ConnectBody(const std::string& container, const NetworkAttachment& attachment,
                        const std::vector<std::string>& aliases, int api_version);
// The bodies of POST /containers/{id}/update.
std::string PolicyBody(ArmedPolicy policy);
std::string LimitsBody(const ResourceLimits& limits);
// The bodies of POST /networks/create and /volumes/create; `labels` are put over the spec's own.
std::string NetworkBody(const NetworkSpec& network, const std::string& name,
                        const std::map<std::string, std::string>& labels);
std::string VolumeBody(const VolumeSpec& volume, const std::map<std::string, std::string>& labels);
// The body of POST /containers/{id}/exec and of POST /exec/{id}/start.
std::string ExecBody(const std::vector<std::string>& command);
std::string ExecStartBody();
// A value for the `filters` parameter of lists and events: {"label": ["a=b"]}.
std::string Filters(const std::map<std::string, std::vector<std::string>>& filters);

}  // namespace quayside::agent::docker
