// Ctrl-C ends ctl, not the change that it waits for. While an InterruptNote lives, ctl says `text`
// on standard error before SIGINT ends it as it always does. One that ignores SIGINT, as a shell's
// background job may, goes on ignoring it. One at a time; main thread.
#pragma once

#include <string>

namespace quayside::ctl {

class InterruptNote {
 public:
  // At most kMaxBytes of `text` are kept: a signal handler can only use what needs no memory.
  explicit InterruptNote(const std::string& text);
  ~InterruptNote();
  InterruptNote(const InterruptNote&) = delete;
  InterruptNote& operator=(const InterruptNote&) = delete;

  static constexpr size_t kMaxBytes = 512;

 private:
  void (*before_)(int) = nullptr;  // what was to happen at SIGINT
};

}  // namespace quayside::ctl
