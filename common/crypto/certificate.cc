#include "common/crypto/certificate.h"

#include <ctime>

#include <arpa/inet.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "common/base/check.h"
#include "common/base/status.h"
#include "common/crypto/openssl.h"

namespace quayside::crypto {
namespace {

constexpr size_t kMaxCertificateBytes = 16 << 10;
constexpr size_t kMaxCommonName = 64;  // ub-common-name
constexpr size_t kMaxNames = 64;

using NamesPtr = std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES_free>>;

// Adds a name of type `kind` whose content is the text or the bytes in `value`.
bool AddName(GENERAL_NAMES* names, int kind, std::string_view value) {
  ASN1_STRING* text = kind == GEN_IPADD ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();
  GENERAL_NAME* name = GENERAL_NAME_new();
  if (text == nullptr || name == nullptr ||
      ASN1_STRING_set(text, value.data(), static_cast<int>(value.size())) != 1) {
    ASN1_STRING_free(text);
    GENERAL_NAME_free(name);
    return false;
  }
  GENERAL_NAME_set0_value(name, kind, text);
  if (sk_GENERAL_NAME_push(names, name) > 0) return true;
  GENERAL_NAME_free(name);
  return false;
}

// The four or sixteen bytes of an IP address; "" when it is none.
std::string AddressBytes(const std::string& address) {
  unsigned char bytes[16];
  for (const auto& [family, size] : {std::pair(AF_INET, 4), std::pair(AF_INET6, 16)}) {
    if (inet_pton(family, address.c_str(), bytes) == 1) {
      return std::string(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
    }
  }
  return "";
}

// Printable ASCII without a blank: what a name in a certificate may be made of.
bool IsPlain(std::string_view text) {
  for (const char c : text) {
    if (c <= ' ' || c > '~') return false;
  }
  return !text.empty() && text.size() <= 253;
}

absl::Status SetNames(const Profile& profile, X509* certificate) {
  const size_t count =
      profile.dns_names.size() + profile.addresses.size() + (profile.uri.empty() ? 0 : 1);
  if (count == 0) return absl::OkStatus();
  if (count > kMaxNames) return InvalidArgument("more than 64 names in one certificate");
  const NamesPtr names(GENERAL_NAMES_new());
  const auto add = [&](int kind, std::string_view shown, std::string_view value) {
    return IsPlain(shown) && !value.empty() && AddName(names.get(), kind, value)
               ? absl::OkStatus()
               : InvalidArgument("`" + std::string(shown) + "` cannot be a name in a certificate");
  };
  if (!profile.uri.empty()) QS_RETURN_IF_ERROR(add(GEN_URI, profile.uri, profile.uri));
  for (const std::string& name : profile.dns_names) QS_RETURN_IF_ERROR(add(GEN_DNS, name, name));
  for (const std::string& address : profile.addresses) {
    QS_RETURN_IF_ERROR(add(GEN_IPADD, address, AddressBytes(address)));
  }
  QS_CHECK(X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), /*critical=*/0,
                             X509V3_ADD_DEFAULT) == 1);
  return absl::OkStatus();
}

// An extension whose text is one of ours.
void SetExtension(X509* certificate, X509* authority, int id, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, authority, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, id, value);
  QS_CHECK(extension != nullptr);
  const int added = X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
  QS_CHECK(added == 1);
}

void SetUse(Profile::Use use, X509* certificate, X509* authority) {
  SetExtension(certificate, authority, NID_subject_key_identifier, "hash");
  SetExtension(certificate, authority, NID_authority_key_identifier, "keyid:always");
  if (use == Profile::Use::kAuthority) {
    SetExtension(certificate, authority, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
    SetExtension(certificate, authority, NID_key_usage, "critical,keyCertSign,cRLSign");
    return;
  }
  SetExtension(certificate, authority, NID_basic_constraints, "critical,CA:FALSE");
  SetExtension(certificate, authority, NID_key_usage, "critical,digitalSignature");
  SetExtension(certificate, authority, NID_ext_key_usage,
               use == Profile::Use::kServer ? "serverAuth" : "clientAuth");
}

void SetSerial(X509* certificate) {
  unsigned char bytes[16];
  QS_CHECK(RAND_bytes(bytes, sizeof(bytes)) == 1);
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7f) | 0x40);  // positive, of full length
  BIGNUM* number = BN_bin2bn(bytes, sizeof(bytes), nullptr);
  QS_CHECK(number != nullptr);
  QS_CHECK(BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr);
  BN_free(number);
}

absl::StatusOr<Certificate> Make(const Profile& profile, const PublicKey& subject, X509* authority,
                                 const PrivateKey& authority_key) {
  if (profile.common_name.empty() || profile.common_name.size() > kMaxCommonName) {
    return InvalidArgument("the name of a certificate has 1 to 64 bytes");
  }
  if (profile.not_before >= profile.not_after) {
    return InvalidArgument("a certificate must end after it begins");
  }
  const CertificatePtr certificate(X509_new());
  QS_CHECK(certificate != nullptr);
  X509* made = certificate.get();
  QS_CHECK(X509_set_version(made, X509_VERSION_3) == 1);
  SetSerial(made);
  X509_NAME* name = X509_get_subject_name(made);
  QS_CHECK(
      X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(profile.common_name.data()),
                                 static_cast<int>(profile.common_name.size()), -1, 0) == 1);
  QS_CHECK(X509_set_issuer_name(
               made, authority == nullptr ? name : X509_get_subject_name(authority)) == 1);
  QS_CHECK(ASN1_TIME_set(X509_getm_notBefore(made), absl::ToTimeT(profile.not_before)) != nullptr);
  QS_CHECK(ASN1_TIME_set(X509_getm_notAfter(made), absl::ToTimeT(profile.not_after)) != nullptr);
  QS_CHECK(X509_set_pubkey(made, subject.native()) == 1);
  SetUse(profile.use, made, authority == nullptr ? made : authority);
  QS_RETURN_IF_ERROR(SetNames(profile, made));
  QS_CHECK(X509_sign(made, authority_key.native(), EVP_sha256()) > 0);
  return Certificate::FromNative(made);
}

absl::Time ToTime(const ASN1_TIME* time) {
  std::tm parts = {};
  QS_CHECK(ASN1_TIME_to_tm(time, &parts) == 1);
  return absl::FromTimeT(timegm(&parts));
}

}  // namespace

absl::StatusOr<Certificate> Certificate::FromPem(std::string_view pem) {
  if (pem.size() > kMaxCertificateBytes)
    return InvalidArgument("the text of the certificate is too long");
  const BioPtr bio = ReadOnly(pem.data(), pem.size());
  const CertificatePtr certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  if (certificate == nullptr) return InvalidArgument("not a certificate in PEM: " + TakeError());
  return FromNative(certificate.get());
}

absl::StatusOr<Certificate> Certificate::FromNative(X509* certificate) {
  if (certificate == nullptr) return InvalidArgument("there is no certificate");
  QS_ASSIGN_OR_RETURN([[maybe_unused]] const PublicKey key,
                      PublicKey::FromNative(X509_get0_pubkey(certificate)));
  for (const ASN1_TIME* time :
       {X509_get0_notBefore(certificate), X509_get0_notAfter(certificate)}) {
    if (ASN1_TIME_check(time) != 1)
      return InvalidArgument("the times of the certificate are wrong");
  }
  X509_up_ref(certificate);
  return Certificate(std::shared_ptr<X509>(certificate, X509_free));
}

std::string Certificate::ToPem() const {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  QS_CHECK(bio != nullptr && PEM_write_bio_X509(bio.get(), certificate_.get()) == 1);
  return TakeText(bio.get());
}

PublicKey Certificate::public_key() const {
  absl::StatusOr<PublicKey> key = PublicKey::FromNative(X509_get0_pubkey(certificate_.get()));
  QS_CHECK(key.ok());  // checked when it was read
  return *std::move(key);
}

std::string Certificate::uri() const {
  const NamesPtr names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate_.get(), NID_subject_alt_name, nullptr, nullptr)));
  std::string found;
  int count = 0;
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    int kind = 0;
    const void* value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &kind);
    if (kind != GEN_URI) continue;
    const auto* text = static_cast<const ASN1_STRING*>(value);
    found.assign(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                 static_cast<size_t>(ASN1_STRING_length(text)));
    ++count;
  }
  return count == 1 && IsPlain(found) ? found : "";
}

std::string Certificate::serial() const {
  BIGNUM* number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate_.get()), nullptr);
  QS_CHECK(number != nullptr);
  char* hex = BN_bn2hex(number);
  std::string text = hex;
  OPENSSL_free(hex);
  BN_free(number);
  return text;
}

absl::Time Certificate::not_before() const { return ToTime(X509_get0_notBefore(native())); }
absl::Time Certificate::not_after() const { return ToTime(X509_get0_notAfter(native())); }
bool Certificate::authority() const { return X509_check_ca(native()) == 1; }

absl::Status Certificate::CheckIssuedBy(const Certificate& authority, absl::Time now) const {
  if (!authority.authority() || X509_check_issued(authority.native(), native()) != X509_V_OK ||
      X509_verify(native(), authority.public_key().native()) != 1) {
    ERR_clear_error();
    return Unauthenticated("the certificate is not of this fleet's authority");
  }
  if (now < not_before()) return Unauthenticated("the certificate is not valid yet");
  if (now >= not_after()) return Unauthenticated("the certificate has expired");
  return absl::OkStatus();
}

absl::StatusOr<Certificate> Issue(const Profile& profile, const PublicKey& subject,
                                  const Certificate& authority, const PrivateKey& authority_key) {
  return Make(profile, subject, authority.native(), authority_key);
}

absl::StatusOr<Certificate> IssueToItself(const Profile& profile, const PrivateKey& key) {
  return Make(profile, key.public_key(), nullptr, key);
}

std::string MakeRequest(const PrivateKey& key) {
  const RequestPtr request(X509_REQ_new());
  QS_CHECK(request != nullptr && X509_REQ_set_pubkey(request.get(), key.native()) == 1);
  QS_CHECK(X509_REQ_sign(request.get(), key.native(), EVP_sha256()) > 0);
  const BioPtr bio(BIO_new(BIO_s_mem()));
  QS_CHECK(bio != nullptr && PEM_write_bio_X509_REQ(bio.get(), request.get()) == 1);
  return TakeText(bio.get());
}

absl::StatusOr<PublicKey> KeyOfRequest(std::string_view pem) {
  if (pem.size() > kMaxCertificateBytes)
    return InvalidArgument("the certificate request is too long");
  const BioPtr bio = ReadOnly(pem.data(), pem.size());
  const RequestPtr request(PEM_read_bio_X509_REQ(bio.get(), nullptr, nullptr, nullptr));
  if (request == nullptr)
    return InvalidArgument("not a certificate request in PEM: " + TakeError());
  QS_ASSIGN_OR_RETURN(PublicKey key, PublicKey::FromNative(X509_REQ_get0_pubkey(request.get())));
  if (X509_REQ_verify(request.get(), key.native()) != 1) {
    ERR_clear_error();
    return InvalidArgument("the certificate request is not signed by its own key");
  }
  return key;
}

}  // namespace quayside::crypto
