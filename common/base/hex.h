// Bytes as lower-case hex digits.
#pragma once

#include <string>
#include <string_view>

namespace quayside {

inline std::string Hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    text.push_back(kDigits[value >> 4]);
    text.push_back(kDigits[value & 15]);
  }
  return text;
}
inline std::string Hex(const unsigned char* bytes, size_t size) {
  return Hex(std::string_view(reinterpret_cast<const char*>(bytes), size));
}

}  // namespace quayside
