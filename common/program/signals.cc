#include "common/program/signals.h"

#include <pthread.h>

namespace quayside::program {

EndSignals::EndSignals() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

EndSignal EndSignals::Wait() const {
  siginfo_t received;
  while (sigwaitinfo(&signals_, &received) < 0) {
  }  // a debugger, or SIGSTOP and SIGCONT
  return {.signal = received.si_signo, .sender = received.si_pid};
}

}  // namespace quayside::program
