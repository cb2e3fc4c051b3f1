#include "common/crypto/seal.h"

#include <gtest/gtest.h>

#include "common/base/status.h"

namespace quayside::crypto {
namespace {

TEST(Seal, OpensWithItsKeyAndItsTextAlone) {
  const SecretKey key = NewSecretKey(), other = NewSecretKey();
  for (const std::string& content :
       {std::string(), std::string("password"), std::string(100'000, 'x')}) {
    const std::string sealed = Seal(key, content, "secret fleet/shop/db version 1");
    EXPECT_EQ(sealed.size(), content.size() + 28);
    EXPECT_TRUE(content.empty() || sealed.find(content) == std::string::npos);
    const auto opened = Open(key, sealed, "secret fleet/shop/db version 1");
    ASSERT_TRUE(opened.ok()) << opened.status();
    EXPECT_EQ(*opened, content);
    EXPECT_TRUE(absl::IsDataLoss(Open(other, sealed, "secret fleet/shop/db version 1").status()));
    EXPECT_TRUE(absl::IsDataLoss(Open(key, sealed, "secret fleet/shop/db version 2").status()));
  }
}

TEST(Seal, EveryChangedByteIsSeen) {
  const SecretKey key = NewSecretKey();
  const std::string sealed = Seal(key, "password", "it");
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(Open(key, changed, "it").ok()) << i;
    EXPECT_FALSE(Open(key, sealed.substr(0, i), "it").ok()) << i;
  }
}

TEST(Seal, TheSameContentIsSealedAnewEachTime) {
  const SecretKey key = NewSecretKey();
  EXPECT_NE(Seal(key, "password", "it"), Seal(key, "password", "it"));
}

// RFC 3394, 4.6: 256 bits of key data with a 256-bit key.
TEST(Wrap, IsTheStandards) {
  const SecretKey with =
      *SecretKeyFromHex("000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F");
  const SecretKey key =
      *SecretKeyFromHex("00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F");
  const std::string wrapped = Wrap(with, key);
  const unsigned char expected[] = {0x28, 0xC9, 0xF4, 0x04, 0xC4, 0xB8, 0x10, 0xF4, 0xCB, 0xCC,
                                    0xB3, 0x5C, 0xFB, 0x87, 0xF8, 0x26, 0x3F, 0x57, 0x86, 0xE2,
                                    0xD8, 0x0E, 0xD3, 0x26, 0xCB, 0xC7, 0xF0, 0xE7, 0x1A, 0x99,
                                    0xF4, 0x3B, 0xFB, 0x98, 0x8B, 0x9B, 0x7A, 0x02, 0xDD, 0x21};
  EXPECT_EQ(wrapped, std::string(reinterpret_cast<const char*>(expected), sizeof(expected)));
  EXPECT_EQ(*Unwrap(with, wrapped), key);
  EXPECT_TRUE(absl::IsDataLoss(Unwrap(key, wrapped).status()));
  EXPECT_TRUE(absl::IsDataLoss(Unwrap(with, wrapped.substr(1)).status()));
  EXPECT_TRUE(absl::IsDataLoss(Unwrap(with, wrapped + "x").status()));
  EXPECT_TRUE(absl::IsDataLoss(Unwrap(with, "").status()));
}

TEST(SecretKey, IsWrittenAndReadBackAndNothingElseIsOne) {
  const SecretKey key = NewSecretKey();
  EXPECT_EQ(*SecretKeyFromHex(ToHex(key) + "\n"), key);
  EXPECT_NE(NewSecretKey(), key);
  for (const std::string& text : {std::string(), ToHex(key).substr(1), ToHex(key) + "0",
                                  "g" + ToHex(key).substr(1), " " + ToHex(key)}) {
    EXPECT_FALSE(SecretKeyFromHex(text).ok()) << text;
  }
}

TEST(EqualSecrets, ComparesWholeTexts) {
  EXPECT_TRUE(EqualSecrets("", ""));
  EXPECT_TRUE(EqualSecrets("abc", "abc"));
  EXPECT_FALSE(EqualSecrets("abc", "abd"));
  EXPECT_FALSE(EqualSecrets("abc", "abcd"));
}

}  // namespace
}  // namespace quayside::crypto
