#include "ctl/interrupt.h"

#include <atomic>
#include <csignal>

#include <unistd.h>

namespace quayside::ctl {
namespace {

char note[InterruptNote::kMaxBytes];
std::atomic<size_t> note_bytes{0};

// Only what a signal handler may call.
extern "C" void SayAndEnd(int signal) {
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, note, note_bytes);
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

}  // namespace

InterruptNote::InterruptNote(const std::string& text) {
  note_bytes = text.copy(note, kMaxBytes);
  before_ = std::signal(SIGINT, SayAndEnd);
  if (before_ == SIG_IGN) std::signal(SIGINT, SIG_IGN);
}

InterruptNote::~InterruptNote() {
  std::signal(SIGINT, before_);
  note_bytes = 0;
}

}  // namespace quayside::ctl
