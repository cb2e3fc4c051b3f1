// RegistryResolver makes a digest of a tag (R24: once, when a revision is made) and tells which
// platforms the image is for and which VOLUMEs it has, by asking the image's registry. Resolve may
// be called from any thread; answers come on its own HTTP thread and must not block. Everything
// asked has a size limit (4 MiB) and a time limit (10 s per request), and is checked against the
// digest it was asked for by.
//
// HEAD first: registries count a GET as a pull. What a digest says of an image cannot change, so it
// is remembered (kMaxRemembered digests) and asked once. Of an index the VOLUMEs are those of one
// platform: the platforms of an image are built from one Dockerfile.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/net/http.h"
#include "controller/core/requests.h"

namespace quayside::controller {

class RegistryResolver {
 public:
  static constexpr size_t kMaxRemembered = 4096;

  using Done = absl::AnyInvocable<void(absl::StatusOr<ResolvedImage>)>;

  // `insecure`: HOST[:PORT] or CIDR of registries that are asked over plain HTTP, besides loopback
  // (--insecure-registry).
  explicit RegistryResolver(std::vector<std::string> insecure) : insecure_(std::move(insecure)) {}

  // `image`: a name as people write it ("nginx:1.25"; no tag = latest), or one with a digest, which
  // is then only checked. The answer's digest_ref is Docker's own form ("nginx@sha256:…"), of the
  // index where there is one.
  //   kInvalidArgument   no image name, or nothing that Docker can run    kNotFound  no such
  //   repository, tag or digest kPermissionDenied  the registry wants credentials or refuses
  //   kResourceExhausted  its rate limit, or too large kUnavailable       it cannot be reached, is
  //   in trouble, or is too slow
  void Resolve(const std::string& image, Done done);

 private:
  friend class Resolution;

  bool Remembered(const std::string& digest, ImageFacts* facts) ABSL_LOCKS_EXCLUDED(mutex_);
  void Remember(const std::string& digest, ImageFacts facts) ABSL_LOCKS_EXCLUDED(mutex_);

  const std::vector<std::string> insecure_;
  absl::Mutex mutex_;
  std::map<std::string, ImageFacts> facts_ ABSL_GUARDED_BY(mutex_);  // by digest
  net::HttpClient http_;  // last: no callback runs once the rest is destroyed
};

}  // namespace quayside::controller
