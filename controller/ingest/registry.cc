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
// Of an index, at most this many manifests are asked for.
constexpr size_t kMaxPlatformsAsked = 4;

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
  using Missing = std::function<void()>;

  void OnDigest(const std::string& digest) {
    digest_ = digest;
    if (resolver_.Remembered(digest, &facts_)) return Finish();
    FetchManifest(digest);
  }

  void FetchManifest(const std::string& reference) {
    Ask("GET", base_ + "/manifests/" + reference,
        [self = shared_from_this()](const net::HttpResponse& answer) {
          if (self->digest_.empty()) self->digest_ = Sha256Digest(answer.body);
          if (!self->IsOf(answer, self->digest_)) return;
          absl::StatusOr<Manifest> manifest = ParseManifest(answer.body);
          if (!manifest.ok()) return self->FailInput(manifest.status());
          if (!manifest->is_index) return self->FetchConfig(manifest->config_digest);
          self->facts_.platforms = std::move(manifest->platforms);
          self->FetchPlatform(std::move(manifest->manifest_digests));
        });
  }

  // Of an index: the manifest of the first platform that the registry has.
  void FetchPlatform(std::vector<std::string> digests) {
    if (digests.empty()) return Finish();  // an index of nothing that Docker runs has no volumes
    const std::string digest = digests.front();
    digests.erase(digests.begin());
    if (digests.size() >= kMaxPlatformsAsked) digests.resize(kMaxPlatformsAsked - 1);
    const bool last = digests.empty();
    Ask(
        "GET", base_ + "/manifests/" + digest,
        [self = shared_from_this(), digest](const net::HttpResponse& answer) {
          if (!self->IsOf(answer, digest)) return;
          absl::StatusOr<Manifest> manifest = ParseManifest(answer.body);
          if (!manifest.ok()) return self->FailInput(manifest.status());
          if (manifest->is_index) {
            return self->Fail(absl::StatusCode::kInvalidArgument,
                              "its index holds another index, which Docker cannot run");
          }
          self->FetchConfig(manifest->config_digest);
        },
        // A mirror may lack platforms that nobody pulled through it.
        last ? Missing()
             : [self = shared_from_this(),
                digests = std::move(digests)] { self->FetchPlatform(digests); });
  }

  void FetchConfig(const std::string& digest) {
    Ask("GET", base_ + "/blobs/" + digest,
        [self = shared_from_this(), digest](const net::HttpResponse& blob) {
          if (!self->IsOf(blob, digest)) return;
          absl::StatusOr<ImageConfig> config = ParseImageConfig(blob.body);
          if (!config.ok()) return self->FailInput(config.status());
          // An index has told its platforms already.
          if (self->facts_.platforms.empty()) self->facts_.platforms = {config->platform};
          self->facts_.volumes = std::move(config->volumes);
          self->Finish();
        });
  }

  // Fails, and says false, when the answer is not what was asked for.
  bool IsOf(const net::HttpResponse& answer, const std::string& digest) {
    if (Sha256Digest(answer.body) == digest) return true;
    Fail(absl::StatusCode::kUnavailable,
         "its registry's answer does not have the digest that it was asked for");
    return false;
  }

  void Finish() {
    resolver_.Remember(digest_, facts_);
    done_(ResolvedImage{ref_.FamiliarRepository() + "@" + digest_, std::move(facts_)});
  }

  void FailInput(const absl::Status& status) {
    Fail(absl::StatusCode::kInvalidArgument, Message(status));
  }

  void Fail(absl::StatusCode code, const std::string& why) {
    done_(MakeStatus(code, "cannot resolve image " + image_ + ": " + why));
  }

  // Asks for `url`; `then` gets an answer of 200, and `missing` is called instead of failing when
  // there is no such thing.
  void Ask(const char* method, const std::string& url, Then then, Missing missing = Missing(),
           int redirects = 0) {
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
                             missing = std::move(missing),
                             redirects](absl::StatusOr<net::HttpResponse> answer) mutable {
          if (!answer.ok()) return self->FailTransport(answer.status());
          if (answer->status == 200) return then(*answer);
          if (answer->status == 404 && missing) return missing();
          if (answer->status == 401 && self->token_.empty()) {
            return self->FetchToken(*answer, [self, method, url, then = std::move(then),
                                              missing = std::move(missing)]() mutable {
              self->Ask(method, url, std::move(then), std::move(missing));
            });
          }
          if (answer->status >= 301 && answer->status <= 308 && answer->status != 304) {
            return self->Follow(
                *answer, url,
                [&](const std::string& place) {
                  self->Ask(method, place, std::move(then), std::move(missing), redirects + 1);
                },
                redirects);
          }
          self->FailStatus(*answer);
        });
  }

  void Follow(const net::HttpResponse& answer, const std::string& url,
              const std::function<void(const std::string&)>& ask, int redirects) {
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
    ask(place);
  }

  void FetchToken(const net::HttpResponse& answer, std::function<void()> again) {
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
        std::move(request), [self = shared_from_this(), again = std::move(again)](
                                absl::StatusOr<net::HttpResponse> token_answer) mutable {
          if (!token_answer.ok()) return self->FailTransport(token_answer.status());
          if (token_answer->status != 200) return self->FailStatus(*token_answer);
          absl::StatusOr<std::string> token = ParseToken(token_answer->body);
          if (!token.ok()) {
            return self->Fail(absl::StatusCode::kUnavailable,
                              "its registry gives no token: " + Message(token.status()));
          }
          self->token_ = *std::move(token);
          again();
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
  ImageFacts facts_;
};

void RegistryResolver::Resolve(const std::string& image, Done done) {
  absl::StatusOr<ImageRef> ref = ParseImageRef(image);
  if (!ref.ok()) {
    return http_.After(absl::ZeroDuration(),
                       [status = ref.status(), done = std::move(done)]() mutable { done(status); });
  }
  std::make_shared<Resolution>(*this, image, *std::move(ref), std::move(done))->Start();
}

bool RegistryResolver::Remembered(const std::string& digest, ImageFacts* facts) {
  absl::MutexLock lock(&mutex_);
  const auto found = facts_.find(digest);
  if (found == facts_.end()) return false;
  *facts = found->second;
  return true;
}

void RegistryResolver::Remember(const std::string& digest, ImageFacts facts) {
  absl::MutexLock lock(&mutex_);
  if (facts_.size() >= kMaxRemembered) facts_.clear();
  facts_[digest] = std::move(facts);
}

}  // namespace quayside::controller
