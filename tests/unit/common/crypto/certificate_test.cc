#include "common/crypto/certificate.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "common/base/status.h"

namespace quayside::crypto {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

Profile Client(const std::string& uri) {
  return {.use = Profile::Use::kClient,
          .common_name = "host web-1",
          .uri = uri,
          .not_before = kNow - absl::Hours(1),
          .not_after = kNow + absl::Hours(12)};
}

// An authority with its key.
struct Authority {
  explicit Authority(const std::string& name = "authority")
      : key(PrivateKey::Generate()),
        certificate(*IssueToItself({.use = Profile::Use::kAuthority,
                                    .common_name = name,
                                    .not_before = kNow - absl::Hours(1),
                                    .not_after = kNow + absl::Hours(24 * 3650)},
                                   key)) {}
  PrivateKey key;
  Certificate certificate;
};

// A request made outside of our code, with whatever key.
std::string RequestOf(EVP_PKEY* key, EVP_PKEY* signer) {
  X509_REQ* request = X509_REQ_new();
  X509_REQ_set_pubkey(request, key);
  X509_REQ_sign(request, signer, EVP_sha256());
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509_REQ(bio, request);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string pem(data, static_cast<size_t>(size));
  BIO_free(bio);
  X509_REQ_free(request);
  return pem;
}

TEST(Certificate, SaysWhatItsProfileSaidAndIsReadBack) {
  const Authority authority;
  const PrivateKey key = PrivateKey::Generate();
  Profile profile = Client("spiffe://fleet/host/abc");
  profile.dns_names = {"quayside.example", "*.example"};
  profile.addresses = {"192.0.2.7", "2001:db8::7"};
  const auto issued = Issue(profile, key.public_key(), authority.certificate, authority.key);
  ASSERT_TRUE(issued.ok()) << issued.status();
  const auto read = Certificate::FromPem(issued->ToPem());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->uri(), "spiffe://fleet/host/abc");
  EXPECT_EQ(read->not_before(), profile.not_before);
  EXPECT_EQ(read->not_after(), profile.not_after);
  EXPECT_FALSE(read->authority());
  EXPECT_TRUE(authority.certificate.authority());
  EXPECT_EQ(read->public_key(), key.public_key());
  EXPECT_EQ(read->public_key().Fingerprint().size(), 64u);
  EXPECT_EQ(read->serial().size(), 32u);
  EXPECT_TRUE(read->CheckIssuedBy(authority.certificate, kNow).ok());
}

TEST(Certificate, IsRefusedWhenItIsOfAnotherAuthorityOrOutOfItsTime) {
  const Authority authority, same_name;
  const PrivateKey key = PrivateKey::Generate();
  const auto issued = Issue(Client("spiffe://fleet/host/abc"), key.public_key(),
                            authority.certificate, authority.key);
  ASSERT_TRUE(issued.ok());
  const auto why = [&](const Certificate& by, absl::Time now) {
    return Message(issued->CheckIssuedBy(by, now));
  };
  EXPECT_EQ(why(same_name.certificate, kNow), "the certificate is not of this fleet's authority");
  EXPECT_EQ(why(*issued, kNow), "the certificate is not of this fleet's authority");
  EXPECT_EQ(why(authority.certificate, kNow - absl::Hours(2)), "the certificate is not valid yet");
  EXPECT_EQ(why(authority.certificate, kNow + absl::Hours(12)), "the certificate has expired");
  // A holder of a certificate is no authority, whoever signed it.
  const auto forged = Issue(Client("spiffe://fleet/controller"), key.public_key(), *issued, key);
  ASSERT_TRUE(forged.ok());
  EXPECT_FALSE(forged->CheckIssuedBy(*issued, kNow).ok());
}

TEST(Certificate, NamesThatAreNoneAreRefused) {
  const Authority authority;
  const PrivateKey key = PrivateKey::Generate();
  const auto refused = [&](auto change) {
    Profile profile = Client("spiffe://fleet/host/abc");
    change(profile);
    const auto issued = Issue(profile, key.public_key(), authority.certificate, authority.key);
    return issued.ok() ? "accepted" : Message(issued.status());
  };
  EXPECT_NE(refused([](Profile& p) { p.uri = "spiffe://fleet/host/a b"; }).find("cannot be a name"),
            std::string::npos);
  EXPECT_NE(refused([](Profile& p) { p.dns_names = {"a\nb"}; }).find("cannot be"),
            std::string::npos);
  EXPECT_NE(refused([](Profile& p) { p.dns_names = {std::string(254, 'a')}; }).find("cannot be"),
            std::string::npos);
  EXPECT_NE(refused([](Profile& p) { p.addresses = {"192.0.2"}; }).find("cannot be"),
            std::string::npos);
  EXPECT_NE(refused([](Profile& p) { p.dns_names.assign(64, "a"); }).find("more than 64"),
            std::string::npos);
  EXPECT_NE(refused([](Profile& p) { p.common_name = ""; }).find("1 to 64"), std::string::npos);
  EXPECT_NE(refused([](Profile& p) { p.common_name.assign(65, 'a'); }).find("1 to 64"),
            std::string::npos);
  EXPECT_NE(refused([](Profile& p) { p.not_after = p.not_before; }).find("end after"),
            std::string::npos);
  EXPECT_EQ(refused([](Profile& p) { p.common_name.assign(64, 'a'); }), "accepted");
}

TEST(Certificate, TextThatIsNoneIsRefused) {
  for (const std::string& text :
       {std::string(), std::string("hello"), std::string(20 << 10, 'a'),
        std::string("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        PrivateKey::Generate().ToPem()}) {
    EXPECT_EQ(Certificate::FromPem(text).status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(KeyOfRequest(text).status().code(), absl::StatusCode::kInvalidArgument);
  }
  const std::string pem = Authority().certificate.ToPem();
  for (size_t size = 0; size + 2 < pem.size(); size += 7) {
    EXPECT_FALSE(Certificate::FromPem(pem.substr(0, size)).ok()) << size;
  }
}

TEST(Request, GivesTheKeyOfItsMakerAndNothingElse) {
  const PrivateKey key = PrivateKey::Generate();
  const auto known = KeyOfRequest(MakeRequest(key));
  ASSERT_TRUE(known.ok()) << known.status();
  EXPECT_EQ(*known, key.public_key());
}

TEST(Request, OfAnotherKindOfKeyOrOfSomebodyElsesKeyIsRefused) {
  EVP_PKEY* rsa = EVP_RSA_gen(2048);
  EVP_PKEY* p384 = EVP_EC_gen("P-384");
  const PrivateKey mine = PrivateKey::Generate(), theirs = PrivateKey::Generate();
  EXPECT_EQ(Message(KeyOfRequest(RequestOf(rsa, rsa)).status()),
            "the key is not an ECDSA key on P-256");
  EXPECT_EQ(Message(KeyOfRequest(RequestOf(p384, p384)).status()),
            "the key is not an ECDSA key on P-256");
  EXPECT_EQ(Message(KeyOfRequest(RequestOf(theirs.native(), mine.native())).status()),
            "the certificate request is not signed by its own key");
  EVP_PKEY_free(rsa);
  EVP_PKEY_free(p384);
}

TEST(PrivateKey, IsWrittenAndReadBack) {
  const PrivateKey key = PrivateKey::Generate();
  const auto read = PrivateKey::FromPem(key.ToPem());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->public_key(), key.public_key());
  EXPECT_FALSE(PrivateKey::Generate().public_key() == key.public_key());
  EXPECT_FALSE(PrivateKey::FromPem("").ok());
  EXPECT_FALSE(PrivateKey::FromPem(std::string(65 << 10, 'x')).ok());
}

}  // namespace
}  // namespace quayside::crypto
