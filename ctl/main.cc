// ctl: the command people use. Hands what the process has to Run.
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include <sys/ioctl.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/random.h"
#include "ctl/session.h"

extern char** environ;

namespace {

quayside::ctl::Environment ReadEnvironment() {
  quayside::ctl::Environment environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const size_t equal = text.find('=');
    if (equal != std::string::npos) environment[text.substr(0, equal)] = text.substr(equal + 1);
  }
  return environment;
}

bool IsSet(const quayside::ctl::Environment& environment, std::string_view name) {
  const auto found = environment.find(name);
  return found != environment.end() && !found->second.empty();
}

// Columns of the terminal that progress is drawn on.
int TerminalWidth() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20) return size.ws_col;
  return 80;
}

}  // namespace

int main(int argc, char** argv) {
  // A reader that has left (`ctl ps | head -1`) is an error of the write, not a signal.
  std::signal(SIGPIPE, SIG_IGN);
  const quayside::ctl::Environment environment = ReadEnvironment();
  const auto term = environment.find("TERM");
  const bool dumb = term == environment.end() || term->second.empty() || term->second == "dumb";
  const bool err_terminal = isatty(STDERR_FILENO) != 0 && !dumb;
  const bool out_terminal = isatty(STDOUT_FILENO) != 0;
  quayside::ctl::Console console{
      .in = std::cin,
      .out = std::cout,
      .err = std::cerr,
      .in_terminal = isatty(STDIN_FILENO) != 0,
      .out_terminal = out_terminal,
      .err_terminal = err_terminal,
      .color = out_terminal && err_terminal && !IsSet(environment, "NO_COLOR"),
      .width = TerminalWidth()};
  quayside::SystemClock clock;
  quayside::SystemRandom random;
  return quayside::ctl::Run(std::vector<std::string>(argv + 1, argv + argc), environment, console,
                            clock, random);
}
