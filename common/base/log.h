// The log: one call, one line, stable event names in the past tense ("container_started"). INFO = a
// state changed, WARN = we recovered, ERROR = somebody must act. Never secrets, never whole specs.
// Any thread. Fixed keys: host app service instance rollout revision generation action image
// session attempt duration_ms code sender error.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace quayside {

enum class LogLevel { kDebug, kInfo, kWarn, kError };
enum class LogFormat { kText, kJson };

// One key and its value, as text.
struct LogField {
  LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
  LogField(std::string_view k, const char* v) : key(k), value(v) {}
  LogField(std::string_view k, const std::string& v) : key(k), value(v) {}
  LogField(std::string_view k, int64_t v) : key(k), value(std::to_string(v)), number(true) {}
  LogField(std::string_view k, int v) : LogField(k, static_cast<int64_t>(v)) {}
  LogField(std::string_view k, uint64_t v) : key(k), value(std::to_string(v)), number(true) {}

  std::string_view key;
  std::string value;
  bool number = false;
};

// Call once at start, before the first line; lines go to stderr. Until then the level is kWarn, the
// format text.
void ConfigureLog(LogFormat format, LogLevel level);

void Log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {});

// "info" … to a level; false when the word is none of debug, info, warn, error.
bool ParseLogLevel(std::string_view word, LogLevel* level);

}  // namespace quayside
