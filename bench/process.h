// A program of ours as a child of a benchmark: started with its standard input and output as pipes,
// stopped or killed, and what it costs, read from /proc. What it writes to standard error goes to
// a log file. It is killed when the thread that started it ends. One thread.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

#include "absl/time/time.h"

namespace quayside::bench {

// Ends the benchmark with a sentence: a figure taken after a failure would mean nothing.
[[noreturn]] void EndWith(const std::string& why);

// The program `name` beside this one.
std::string Beside(const std::string& name);

class Process {
 public:
  // Ends the benchmark when it cannot be started.
  Process(const std::vector<std::string>& argv, const std::string& log);
  ~Process();  // SIGTERM, SIGKILL after 15 s
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  // The next line that it prints; ends the benchmark when none comes for `patience`.
  std::string ReadLine(absl::Duration patience = absl::Minutes(2));
  void WriteLine(const std::string& line);
  void Signal(int signal);
  void Kill();  // SIGKILL; returns when it is gone
  void Stop();  // as the destructor does

  // Processor time of all its threads so far, user and system.
  absl::Duration Cpu() const;
  // Resident memory in KiB.
  double ResidentKib() const;

 private:
  pid_t pid_ = -1;
  int in_ = -1, out_ = -1;
  std::string read_;  // past the last line that was returned
};

}  // namespace quayside::bench
