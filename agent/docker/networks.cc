#include "agent/docker/networks.h"

#include <utility>

#include "agent/docker/create_body.h"
#include "agent/network_settings.h"
#include "common/base/status.h"

namespace quayside::agent::docker {
namespace {

using FoundThen = absl::AnyInvocable<void(absl::StatusOr<FoundNetwork>)>;

// Looks for one name; a missing network is an answer, not an error.
void Look(Api& api, const std::string& name,
          absl::AnyInvocable<void(absl::StatusOr<NetworkInspect>)> then) {
  api.Call({.what = "inspect network " + name, .path = "/networks/" + net::UrlEscape(name)},
           [name, then = std::move(then)](absl::StatusOr<std::string> body) mutable {
             if (!body.ok()) return then(body.status());
             absl::StatusOr<NetworkInspect> found = ParseNetwork(*body);
             // The engine also finds networks by the beginning of their id.
             if (found.ok() && found->spec.name != name && found->id != name) {
               return then(NotFound("cannot inspect network " + name + ": there is none"));
             }
             then(std::move(found));
           });
}

void LookForAlternative(Api& api, const NetworkSpec& network, FoundThen then) {
  const std::string name = AlternativeName(network);
  Look(api, name, [name, then = std::move(then)](absl::StatusOr<NetworkInspect> found) mutable {
    if (found.ok()) return then(FoundNetwork{name, found->id, true});
    if (absl::IsNotFound(found.status())) return then(FoundNetwork{name, "", false});
    then(found.status());
  });
}

}  // namespace

void FindNetwork(Api& api, NetworkSpec network, FoundThen then) {
  const std::string name = network.name;
  Look(api, name,
       [&api, network = std::move(network),
        then = std::move(then)](absl::StatusOr<NetworkInspect> found) mutable {
         if (found.ok()) {
           if (network.external || HasSettingsOf(*found, network)) {
             return then(FoundNetwork{network.name, found->id, true});
           }
           return LookForAlternative(api, network, std::move(then));
         }
         if (!absl::IsNotFound(found.status())) return then(found.status());
         if (network.external) {
           return then(
               NotFound("the external network " + network.name +
                        " does not exist on this host; create it with: docker network create " +
                        network.name));
         }
         then(FoundNetwork{network.name, "", false});
       });
}

void EnsureNetworkExists(Api& api, EnsureNetwork call, Engine::Done done, int attempts) {
  NetworkSpec network = call.network;
  FindNetwork(api, std::move(network),
              [&api, attempts, call = std::move(call),
               done = std::move(done)](absl::StatusOr<FoundNetwork> found) mutable {
                if (!found.ok()) return done(found.status());
                if (found->exists) return done(Created{found->id});
                ApiRequest request{.what = "create network " + found->name,
                                   .method = "POST",
                                   .path = "/networks/create",
                                   .body = NetworkBody(call.network, found->name, call.labels),
                                   .timeout = kWriteTimeout};
                api.Call(std::move(request), [&api, attempts, call = std::move(call),
                                              done = std::move(done)](
                                                 absl::StatusOr<std::string> body) mutable {
                  if (absl::IsAlreadyExists(body.status()) && attempts > 1) {
                    // Somebody made it between the two calls: whose it is, is asked again.
                    return EnsureNetworkExists(api, std::move(call), std::move(done), attempts - 1);
                  }
                  if (!body.ok()) return done(body.status());
                  absl::StatusOr<std::string> id = ParseCreatedId(*body);
                  if (!id.ok()) return done(id.status());
                  done(Created{*std::move(id)});
                });
              });
}

void EnsureVolumeExists(Api& api, EnsureVolume call, Engine::Done done) {
  const std::string name = call.volume.name;
  api.Call(
      {.what = "inspect volume " + name, .path = "/volumes/" + net::UrlEscape(name)},
      [&api, call = std::move(call),
       done = std::move(done)](absl::StatusOr<std::string> body) mutable {
        const VolumeSpec& volume = call.volume;
        if (body.ok()) {
          absl::StatusOr<VolumeInspect> found = ParseVolume(*body);
          if (!found.ok()) return done(found.status());
          if (volume.external || HasSettingsOf(*found, volume)) return done(Created{volume.name});
          return done(FailedPrecondition(
              "volume " + volume.name +
              " exists with another driver or other driver options; data may be in it, so give the "
              "volume a new name in the file, or move the data and remove the volume"));
        }
        if (!absl::IsNotFound(body.status())) return done(body.status());
        if (volume.external) {
          return done(NotFound(
              "the external volume " + volume.name +
              " does not exist on this host; create it with: docker volume create " + volume.name));
        }
        api.Call({.what = "create volume " + volume.name,
                  .method = "POST",
                  .path = "/volumes/create",
                  .body = VolumeBody(volume, call.labels),
                  .timeout = kWriteTimeout},
                 [done = std::move(done)](absl::StatusOr<std::string> created) mutable {
                   if (!created.ok()) return done(created.status());
                   absl::StatusOr<std::string> id = ParseCreatedId(*created);
                   if (!id.ok()) return done(id.status());
                   done(Created{*std::move(id)});
                 });
      });
}

}  // namespace quayside::agent::docker
