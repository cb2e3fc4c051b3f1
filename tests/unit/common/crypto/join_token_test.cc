#include "common/crypto/join_token.h"

#include <gtest/gtest.h>

#include "common/base/status.h"

namespace quayside::crypto {
namespace {

const std::string kPin(64, 'a');

TEST(JoinToken, IsWrittenAndReadBack) {
  SystemRandom random;
  const JoinToken token = NewJoinToken(kPin, random);
  const std::string text = Format(token);
  EXPECT_EQ(text.size(), 104u);
  for (const std::string& written : {text, " " + text + "\n", text + "\r\n", "\t" + text}) {
    const auto read = ParseJoinToken(written);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, token);
  }
  EXPECT_NE(NewJoinToken(kPin, random).secret, token.secret);
}

TEST(JoinToken, WhatIsNotWholeIsRefusedAndNotRepeated) {
  SystemRandom random;
  const JoinToken token = NewJoinToken(kPin, random);
  const std::string text = Format(token);
  for (size_t i = 0; i < text.size(); ++i) {
    EXPECT_FALSE(ParseJoinToken(text.substr(0, i)).ok()) << i;
    EXPECT_FALSE(ParseJoinToken(text.substr(i + 1)).ok()) << i;
    std::string changed = text;
    changed[i] = '!';
    EXPECT_FALSE(ParseJoinToken(changed).ok()) << i;
  }
  for (const std::string& wrong : {text + "a", text + " a", "x" + text, text + text}) {
    const auto read = ParseJoinToken(wrong);
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(Message(read.status()).find(token.secret), std::string::npos);
  }
  EXPECT_FALSE(ParseJoinToken(std::string(1 << 20, 'a')).ok());
}

}  // namespace
}  // namespace quayside::crypto
