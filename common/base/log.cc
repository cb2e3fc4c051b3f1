#include "common/base/log.h"

#include <memory>
#include <mutex>

#include "nlohmann/json.hpp"
#include "spdlog/sinks/stdout_sinks.h"
#include "spdlog/spdlog.h"

namespace quayside {
namespace {

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

struct LogState {
  LogState() : logger("quayside", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
    logger.set_level(spdlog::level::warn);
    logger.flush_on(spdlog::level::info);
    UseFormat(LogFormat::kText);
  }
  void UseFormat(LogFormat f) {
    format = f;
    logger.set_pattern(f == LogFormat::kJson ? "%v" : "%Y-%m-%dT%H:%M:%S.%eZ %-5l %v",
                       spdlog::pattern_time_type::utc);
  }
  spdlog::logger logger;
  LogFormat format = LogFormat::kText;
};

LogState& State() {
  static LogState* state = new LogState;  // never destroyed: threads may log until the process ends
  return *state;
}

bool NeedsQuotes(std::string_view text) {
  if (text.empty()) return true;
  for (const char c : text) {
    if (c == ' ' || c == '"' || c == '=' || c == '\\' || static_cast<unsigned char>(c) < 0x20)
      return true;
  }
  return false;
}

// A JSON string; bytes that are not UTF-8 are replaced, never thrown upon.
std::string Quoted(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string TextLine(std::string_view event, std::initializer_list<LogField> fields) {
  std::string line(event);
  for (const LogField& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    line += NeedsQuotes(field.value) ? Quoted(field.value) : field.value;
  }
  return line;
}

std::string JsonLine(LogLevel level, std::string_view event,
                     std::initializer_list<LogField> fields) {
  static constexpr const char* kNames[] = {"debug", "info", "warn", "error"};
  timespec ts{};
  clock_gettime(CLOCK_REALTIME, &ts);
  std::string line =
      fmt::format(R"({{"ts":{}.{:03},"level":"{}","event":{})", ts.tv_sec, ts.tv_nsec / 1'000'000,
                  kNames[static_cast<int>(level)], Quoted(event));
  for (const LogField& field : fields) {
    line += ',';
    line += Quoted(field.key);
    line += ':';
    line += field.number ? field.value : Quoted(field.value);
  }
  return line + "}";
}

}  // namespace

void ConfigureLog(LogFormat format, LogLevel level) {
  State().UseFormat(format);
  State().logger.set_level(ToSpdlog(level));
}

void Log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  LogState& state = State();
  if (!state.logger.should_log(ToSpdlog(level))) return;
  const std::string line =
      state.format == LogFormat::kJson ? JsonLine(level, event, fields) : TextLine(event, fields);
  state.logger.log(ToSpdlog(level), "{}", line);
}

bool ParseLogLevel(std::string_view word, LogLevel* level) {
  if (word == "debug") return *level = LogLevel::kDebug, true;
  if (word == "info") return *level = LogLevel::kInfo, true;
  if (word == "warn") return *level = LogLevel::kWarn, true;
  if (word == "error") return *level = LogLevel::kError, true;
  return false;
}

}  // namespace quayside
