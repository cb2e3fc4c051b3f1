#include "controller/ingest/registry.h"

#include <memory>
#include <utility>

#include "common/base/status.h"
#include "common/model/digest.h"
#include "common/model/image_ref.h"
#include "controller/ingest/registry_rules.h"

namespace quayside::controller {
namespace {

constexpr size_t kMaxAnswerBytes = size_t{4} << 20;
constexpr absl::Duration kRequestTimeout = absl::Seconds(10);
// Blobs are often kept elsewhere: registry → storage → mirror.
constexpr int kMaxRedirects = 3;

// All four kinds: without the index types a registry may answer with one platform's manifest and
// another digest.
constexpr char kAccept[] =
    "application/vnd.oci.image.index.v1+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.oci.image.manifest.v1+json, "
    "application/vnd.docker.distribution.manifest.v2+json";

std::string Header(const net::HttpResponse& response, const char* name) {
  const auto found = response.headers.find(name);
  return found == response.headers.end() ? "" : found->second;
}

}  // namespace

// One Resolve on its way; kept alive by the callbacks that it hands out. The HTTP thread only.
class Resolution : public std::enable_shared_from_this<Resolution> {
 public:
  Resolution(RegistryResolver& resolver, std::string image, ImageRef ref,
             RegistryResolver::Done done)
      : resolver_(resolver),
        image_(std::move(image)),
        ref_(std::move(ref)),
        done_(std::move(done)) {
    insecure_ = IsInsecureRegistry(ref_.ApiHost(), resolver_.insecure_);
    base_ = (insecure_ ? "http://" : "https://") + ref_.ApiHost() + "/v2/" + ref_.path;
  }

  void Start() {
    const std::string wanted = !ref_.digest.empty() ? ref_.digest
                               : ref_.tag.empty()   ? "latest"
                                                    : ref_.tag;
    Ask("HEAD", base_ + "/manifests/" + wanted,
        [self = shared_from_this(), wanted](const net::HttpResponse& head) {
          const std::string digest = Header(head, "docker-content-digest");
          if (!self->ref_.digest.empty()) return self->OnDigest(self->ref_.digest);
          if (IsSha256Digest(digest)) return self->OnDigest(digest);
          // Older registries leave the digest out: then it is that of the bytes.
          self->FetchManifest(wanted);
        });
  }

 private:
  using Then = std::function<void(const net::HttpResponse&)>;

  void OnDigest(const std::string& digest) {
    digest_ = digest;
    std::vector<std::string> platforms;
    if (resolver_.Remembered(digest, &platforms)) return Finish(std::move(platforms));
    FetchManifest(digest);
  }

  void FetchManifest(const std::string& reference) {
    Ask("GET", base_ + "/manifests/" + reference,
        [self = shared_from_this()](const net::HttpResponse& answer) {
          const std::string digest = Sha256Digest(answer.body);
          if (self->digest_.empty()) self->digest_ = digest;
          if (self->digest_ != digest) {
            return self->Fail(
                absl::StatusCode::kUnavailable,
                "its registry's answer does not have the digest that it was asked for");
          }
          self->OnManifest(answer.body);
        });
  }

  void OnManifest(const std::string& body) {
    absl::StatusOr<Manifest> manifest = ParseManifest(body);
    if (!manifest.ok()) {
      return Fail(absl::StatusCode::kInvalidArgument, Message(manifest.status()));
    }
    if (manifest->is_index) return Finish(std::move(manifest->platforms));
    Ask("GET", base_ + "/blobs/" + manifest->config_digest,
        [self = shared_from_this(),
         digest = manifest->config_digest](const net::HttpResponse& blob) {
          if (Sha256Digest(blob.body) != digest) {
            return self->Fail(
                absl::StatusCode::kUnavailable,
                "its registry's config does not have the digest that it was asked for");
          }
          absl::StatusOr<std::string> platform = ParseConfigPlatform(blob.body);
          if (!platform.ok()) {
            return self->Fail(absl::StatusCode::kInvalidArgument, Message(platform.status()));
          }
          self->Finish({*std::move(platform)});
        });
  }

  void Finish(std::vector<std::string> platforms) {
    resolver_.Remember(digest_, platforms);
    done_(ResolvedImage{ref_.FamiliarRepository() + "@" + digest_, std::move(platforms)});
  }

  void Fail(absl::StatusCode code, const std::string& why) {
    done_(MakeStatus(code, "cannot resolve image " + image_ + ": " + why));
  }

  // Asks for `url`; `then` gets an answer of 200.
  void Ask(const char* method, const std::string& url, Then then, int redirects = 0) {
    net::HttpRequest request{.method = method,
                             .url = url,
                             .headers = {{"Accept", kAccept}},
                             .max_response_bytes = kMaxAnswerBytes,
                             .connect_timeout = kRequestTimeout,
                             .total_timeout = kRequestTimeout,
                             .use_proxy = !insecure_};
    // The token is for the registry alone, never for where it sends us.
    if (!token_.empty() && HostOf(url) == ref_.ApiHost()) {
      request.headers.emplace_back("Authorization", "Bearer " + token_);
    }
    resolver_.http_.Send(
        std::move(request), [self = shared_from_this(), method, url, then = std::move(then),
                             redirects](absl::StatusOr<net::HttpResponse> answer) mutable {
          if (!answer.ok()) return self->FailTransport(answer.status());
          if (answer->status == 200) return then(*answer);
          if (answer->status == 401 && self->token_.empty()) {
            return self->FetchToken(*answer, method, url, std::move(then));
          }
          if (answer->status >= 301 && answer->status <= 308 && answer->status != 304) {
            return self->Follow(*answer, method, url, std::move(then), redirects);
          }
          self->FailStatus(*answer);
        });
  }

  void Follow(const net::HttpResponse& answer, const char* method, const std::string& url,
              Then then, int redirects) {
    std::string place = Header(answer, "location");
    if (place.starts_with('/')) {
      place = url.substr(0, url.find("://") + 3) + HostOf(url) + place;
    }
    const bool allowed =
        place.starts_with("https://") || (insecure_ && place.starts_with("http://"));
    if (!allowed || redirects >= kMaxRedirects) {
      return Fail(absl::StatusCode::kUnavailable,
                  "its registry redirects to where it is not followed");
    }
    Ask(method, place, std::move(then), redirects + 1);
  }

  void FetchToken(const net::HttpResponse& answer, const char* method, const std::string& url,
                  Then then) {
    const auto challenge = ParseChallenge(Header(answer, "www-authenticate"));
    const bool safe = challenge && (challenge->realm.starts_with("https://") ||
                                    (insecure_ && challenge->realm.starts_with("http://")));
    if (!safe) {
      return Fail(absl::StatusCode::kPermissionDenied,
                  "its registry wants credentials, and none are stored for it");
    }
    net::HttpRequest request{.url = TokenUrl(*challenge, "repository:" + ref_.path + ":pull"),
                             .max_response_bytes = kMaxAnswerBytes,
                             .connect_timeout = kRequestTimeout,
                             .total_timeout = kRequestTimeout,
                             .use_proxy = !insecure_};
    resolver_.http_.Send(
        std::move(request), [self = shared_from_this(), method, url, then = std::move(then)](
                                absl::StatusOr<net::HttpResponse> token_answer) mutable {
          if (!token_answer.ok()) return self->FailTransport(token_answer.status());
          if (token_answer->status != 200) return self->FailStatus(*token_answer);
          absl::StatusOr<std::string> token = ParseToken(token_answer->body);
          if (!token.ok()) {
            return self->Fail(absl::StatusCode::kUnavailable,
                              "its registry gives no token: " + Message(token.status()));
          }
          self->token_ = *std::move(token);
          self->Ask(method, url, std::move(then));
        });
  }

  void FailTransport(const absl::Status& status) {
    // To a caller a slow registry is one that is not there.
    const bool large = absl::IsResourceExhausted(status);
    Fail(large ? absl::StatusCode::kResourceExhausted : absl::StatusCode::kUnavailable,
         Message(status));
  }

  void FailStatus(const net::HttpResponse& answer) {
    const std::string host = ref_.domain;
    switch (answer.status) {
      case 404:
        return Fail(absl::StatusCode::kNotFound,
                    host + " has no such repository, tag or digest; push it, or correct the name");
      case 401:
      case 403:
        return Fail(absl::StatusCode::kPermissionDenied,
                    host + " refuses access; it does not exist, or needs credentials");
      case 429: {
        const std::string after = Header(answer, "retry-after");
        return Fail(
            absl::StatusCode::kResourceExhausted,
            host + " limits how often it is asked" +
                (after.empty() ? "; try again later" : "; try again after " + after + " s"));
      }
      default:
        return Fail(answer.status >= 500 ? absl::StatusCode::kUnavailable
                                         : absl::StatusCode::kInvalidArgument,
                    host + " answered " + std::to_string(answer.status));
    }
  }

  RegistryResolver& resolver_;
  const std::string image_;
  const ImageRef ref_;
  RegistryResolver::Done done_;
  bool insecure_ = false;
  std::string base_, token_, digest_;
};

void RegistryResolver::Resolve(const std::string& image, Done done) {
  absl::StatusOr<ImageRef> ref = ParseImageRef(image);
  if (!ref.ok()) {
    return http_.After(absl::ZeroDuration(),
                       [status = ref.status(), done = std::move(done)]() mutable { done(status); });
  }
  std::make_shared<Resolution>(*this, image, *std::move(ref), std::move(done))->Start();
}

bool RegistryResolver::Remembered(const std::string& digest, std::vector<std::string>* platforms) {
  absl::MutexLock lock(&mutex_);
  const auto found = platforms_.find(digest);
  if (found == platforms_.end()) return false;
  *platforms = found->second;
  return true;
}

void RegistryResolver::Remember(const std::string& digest, std::vector<std::string> platforms) {
  absl::MutexLock lock(&mutex_);
  if (platforms_.size() >= kMaxRemembered) platforms_.clear();
  platforms_[digest] = std::move(platforms);
}

}  // namespace quayside::controller
