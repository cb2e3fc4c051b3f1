#include "ctl/console.h"

#include <array>
#include <cstdint>
#include <cstdio>

namespace quayside::ctl {
namespace {

// One code point at the front of `text`; length 0 when the bytes are no UTF-8 (overlong forms and
// surrogates included).
struct CodePoint {
  uint32_t value = 0;
  size_t length = 0;
};

CodePoint Decode(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1};
  const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (length == 0 || first > 0xf4 || text.size() < length) return {};
  uint32_t value = first & (0xff >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    value = value << 6 | (byte(i) & 0x3f);
  }
  static constexpr std::array<uint32_t, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
  if (value < kSmallest[length] || value > 0x10ffff) return {};
  if (value >= 0xd800 && value <= 0xdfff) return {};
  return {value, length};
}

// What may move a cursor, colour a line or turn the direction of the text around.
bool IsHarmful(uint32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x202a && c <= 0x202e) ||
         (c >= 0x2066 && c <= 0x2069) || c == 0x200e || c == 0x200f || c == 0x2028 || c == 0x2029 ||
         c == 0xfeff;
}

void AppendHex(std::string& out, const char* format, unsigned value) {
  char buffer[16];
  std::snprintf(buffer, sizeof buffer, format, value);
  out += buffer;
}

}  // namespace

void Console::Note(std::string_view line) {
  err << line << "\n";
  err.flush();
}

void Console::Warn(std::string_view line) {
  err << Paint("warning:", Tone::kBusy) << " " << Escape(line) << "\n";
  err.flush();
}

bool Console::Confirm(std::string_view question) {
  err << question << " [y/N] ";
  err.flush();
  std::string answer;
  std::getline(in, answer);
  return !answer.empty() && (answer[0] == 'y' || answer[0] == 'Y');
}

std::string Console::Paint(std::string_view text, Tone tone) const {
  const char* code = nullptr;
  switch (tone) {
    case Tone::kPlain:
      break;
    case Tone::kGood:
      code = "32";
      break;
    case Tone::kBusy:
      code = "33";
      break;
    case Tone::kBad:
      code = "31";
      break;
    case Tone::kDim:
      code = "2";
      break;
    case Tone::kBold:
      code = "1";
      break;
  }
  if (!color || code == nullptr) return std::string(text);
  return std::string("\x1b[") + code + "m" + std::string(text) + "\x1b[0m";
}

std::string Escape(std::string_view text, bool keep_lines) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodePoint c = Decode(text);
    if (c.length == 0) {
      AppendHex(out, "\\x%02x", static_cast<unsigned char>(text[0]));
      text.remove_prefix(1);
      continue;
    }
    if (keep_lines && c.value == '\n') {
      out += '\n';
    } else if (keep_lines && c.value == '\t') {
      out += "    ";
    } else if (!IsHarmful(c.value)) {
      out += text.substr(0, c.length);
    } else {
      AppendHex(out, c.value < 0x100 ? "\\x%02x" : "\\u{%x}", c.value);
    }
    text.remove_prefix(c.length);
  }
  return out;
}

size_t DisplayWidth(std::string_view text) {
  size_t width = 0;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) ++width;
  }
  return width;
}

std::string Pad(std::string_view text, size_t width) {
  const size_t have = DisplayWidth(text);
  return std::string(text) + std::string(width > have ? width - have : 0, ' ');
}

std::string Shorten(std::string_view text, size_t width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  size_t bytes = 0;
  for (size_t columns = 0; columns + 1 < width; ++columns) {
    do {
      ++bytes;
    } while (bytes < text.size() && (static_cast<unsigned char>(text[bytes]) & 0xc0) == 0x80);
  }
  return std::string(text.substr(0, bytes)) + "…";
}

}  // namespace quayside::ctl
