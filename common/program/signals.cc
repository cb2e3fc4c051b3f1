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

int EndSignals::Wait() const {
  int received = 0;
  sigwait(&signals_, &received);
  return received;
}

}  // namespace quayside::program
