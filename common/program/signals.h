// How a long-running program is asked to end: SIGTERM or SIGINT.
#pragma once

#include <csignal>

namespace quayside::program {

struct EndSignal {
  int signal = 0;
  int sender = 0;  // process id; 0 when the kernel or another PID namespace sent it
};

// Made on the main thread before any other thread starts, so that all of them leave the two signals
// to Wait. A peer that has left is an error of the write from then on, no signal (SIGPIPE).
class EndSignals {
 public:
  EndSignals();

  // Runs until one of them comes, and returns it.
  EndSignal Wait() const;

 private:
  sigset_t signals_;
};

}  // namespace quayside::program
