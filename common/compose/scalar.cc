#include "common/compose/scalar.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <utility>

#include "common/base/status.h"

namespace quayside::compose {
namespace {

std::string Quote(std::string_view text) { return "\"" + std::string(text.substr(0, 60)) + "\""; }

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Takes digits with at most one dot from the front; empty when there is no number.
std::string_view TakeDecimal(std::string_view& text) {
  size_t end = 0;
  bool dot = false;
  while (end < text.size() && (IsDigit(text[end]) || (text[end] == '.' && !dot))) {
    dot = dot || text[end] == '.';
    ++end;
  }
  const std::string_view number = text.substr(0, end);
  if (number.empty() || number == ".") return {};
  text.remove_prefix(end);
  return number;
}

// A decimal number times `unit`, rounded, without the errors of floating point for what a person
// writes. False when it overflows.
bool Scale(std::string_view number, int64_t unit, int64_t& into) {
  const size_t dot = number.find('.');
  const std::string_view whole_text = number.substr(0, dot);
  int64_t whole = 0;
  if (!whole_text.empty()) {
    const auto [end, error] =
        std::from_chars(whole_text.data(), whole_text.data() + whole_text.size(), whole);
    if (error != std::errc()) return false;
  }
  if (__builtin_mul_overflow(whole, unit, &into)) return false;
  if (dot == std::string_view::npos) return true;
  long double fraction = 0;
  long double place = 0.1L;
  for (const char c : number.substr(dot + 1).substr(0, 18)) {
    fraction += place * (c - '0');
    place /= 10;
  }
  const int64_t part = std::llroundl(fraction * static_cast<long double>(unit));
  return !__builtin_add_overflow(into, part, &into);
}

struct Unit {
  std::string_view name;
  int64_t nanoseconds;
};
constexpr int64_t kSecond = 1'000'000'000;
constexpr std::array<Unit, 10> kUnits = {{{"ns", 1},
                                          {"us", 1000},
                                          {"\xC2\xB5s", 1000},
                                          {"ms", 1'000'000},
                                          {"s", kSecond},
                                          {"m", 60 * kSecond},
                                          {"h", 3600 * kSecond},
                                          {"d", 86400 * kSecond},
                                          {"w", 7 * 86400 * kSecond},
                                          {"", 0}}};
constexpr int64_t kLongest = 3650 * 86400 * kSecond;  // ten years: beyond it is a mistake

}  // namespace

absl::StatusOr<absl::Duration> ParseDuration(std::string_view text) {
  if (text == "0") return absl::ZeroDuration();
  const absl::Status bad =
      InvalidArgument(Quote(text) + " is not a duration like 10s, 1m30s or 500ms");
  std::string_view rest = text;
  if (rest.empty()) return bad;
  int64_t total = 0;
  while (!rest.empty()) {
    const std::string_view number = TakeDecimal(rest);
    size_t end = 0;
    while (end < rest.size() && !IsDigit(rest[end]) && rest[end] != '.') ++end;
    const std::string_view name = rest.substr(0, end);
    rest.remove_prefix(end);
    const Unit* unit = std::find_if(kUnits.begin(), kUnits.end(),
                                    [&](const Unit& each) { return each.name == name; });
    if (number.empty() || unit == kUnits.end() || unit->nanoseconds == 0) return bad;
    int64_t part = 0;
    if (!Scale(number, unit->nanoseconds, part) || __builtin_add_overflow(total, part, &total) ||
        total > kLongest) {
      return InvalidArgument(Quote(text) + " is longer than ten years");
    }
  }
  return absl::Nanoseconds(total);
}

std::string DurationText(absl::Duration duration) {
  int64_t left = absl::ToInt64Nanoseconds(duration);
  if (left == 0) return "0s";
  std::string text;
  for (const std::string_view name : {"h", "m", "s", "ms", "us", "ns"}) {
    const Unit* unit = std::find_if(kUnits.begin(), kUnits.end(),
                                    [&](const Unit& each) { return each.name == name; });
    const int64_t count = left / unit->nanoseconds;
    left %= unit->nanoseconds;
    if (count > 0) text += std::to_string(count) + std::string(name);
  }
  return text;
}

absl::StatusOr<int64_t> ParseBytes(std::string_view text) {
  const absl::Status bad =
      InvalidArgument(Quote(text) + " is not a size like 64m, 1.5g or a number of bytes");
  std::string_view rest = text;
  const std::string_view number = TakeDecimal(rest);
  if (number.empty()) return bad;
  if (rest.starts_with(' ')) rest.remove_prefix(1);
  std::string suffix = Lower(rest);
  if (suffix.ends_with('b')) suffix.pop_back();
  if (suffix.size() == 2 && suffix[1] == 'i') suffix.pop_back();
  constexpr std::string_view kPowers = "kmgtp";
  int64_t unit = 1;
  if (!suffix.empty()) {
    const size_t power = kPowers.find(suffix[0]);
    if (suffix.size() != 1 || power == std::string_view::npos) return bad;
    unit = int64_t{1} << (10 * (power + 1));
  }
  int64_t bytes = 0;
  if (!Scale(number, unit, bytes)) return InvalidArgument(Quote(text) + " is too large");
  return bytes;
}

absl::StatusOr<int64_t> ParseNanoCpus(std::string_view text) {
  std::string_view rest = text;
  const std::string_view number = TakeDecimal(rest);
  int64_t nano_cpus = 0;
  if (number.empty() || !rest.empty() || !Scale(number, kSecond, nano_cpus)) {
    return InvalidArgument(Quote(text) + " is not a number of CPUs like 0.5 or 2");
  }
  return nano_cpus;
}

std::string NanoCpusText(int64_t nano_cpus) {
  std::string fraction = std::to_string(nano_cpus % kSecond);
  fraction.insert(0, 9 - fraction.size(), '0');
  while (fraction.ends_with('0')) fraction.pop_back();
  return std::to_string(nano_cpus / kSecond) + (fraction.empty() ? "" : "." + fraction);
}

absl::StatusOr<int64_t> ParseInteger(std::string_view text, int64_t min, int64_t max) {
  std::string_view digits = text;
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.remove_prefix(1);
  int base = 10;
  if (digits.starts_with("0x")) base = 16;
  if (digits.starts_with("0o")) base = 8;
  if (base != 10) digits.remove_prefix(2);
  int64_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  const bool whole =
      !digits.empty() && digits.front() != '-' && end == digits.data() + digits.size();
  if (error == std::errc() && whole && negative) value = -value;
  if (!whole || error != std::errc() || value < min || value > max) {
    return InvalidArgument(Quote(text) + " is not a whole number from " + std::to_string(min) +
                           " to " + std::to_string(max));
  }
  return value;
}

absl::StatusOr<double> ParseReal(std::string_view text, double min, double max) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value >= min && value <= max)) {
    return InvalidArgument(Quote(text) + " is not a number from " + std::to_string(min) + " to " +
                           std::to_string(max));
  }
  return value;
}

std::string RealText(double value) {
  char buffer[32];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
  return error == std::errc() ? std::string(buffer, end) : "0";
}

absl::StatusOr<bool> ParseBool(std::string_view text) {
  const std::string lower = Lower(text);
  if (lower == "true" || lower == "yes" || lower == "on" || lower == "y") return true;
  if (lower == "false" || lower == "no" || lower == "off" || lower == "n") return false;
  return InvalidArgument(Quote(text) + " is not true or false");
}

}  // namespace quayside::compose
