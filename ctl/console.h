// Console is where `ctl` talks to a person or to a script: what was asked for goes to `out`,
// progress, warnings and errors go to `err`. It knows what is a terminal and whether colour is
// wanted. Owned by main (or by a test, with string streams); one thread.
#pragma once

#include <istream>
#include <ostream>
#include <string>
#include <string_view>

namespace quayside::ctl {

// What each exit code promises (contract).
enum ExitCode : int {
  kExitDone = 0,
  kExitFailed = 1,       // what was asked failed; `plan` and `diff`: something would change
  kExitUsage = 2,        // wrong usage or a file that cannot be accepted; nothing was changed
  kExitUnreachable = 3,  // the controller cannot be reached or refuses this identity
  kExitInProgress = 4,   // still in progress when --timeout ended
};

enum class Tone { kPlain, kGood, kBusy, kBad, kDim, kBold };

struct Console {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool in_terminal = false;
  bool out_terminal = false;
  bool err_terminal = false;
  bool color = false;  // terminals only, and not with NO_COLOR
  int width = 100;     // columns of the terminal

  // One line to `err`.
  void Note(std::string_view line);
  void Warn(std::string_view line);
  // Asks `question` on the terminal; true only for an answer that begins with y. REQUIRES:
  // in_terminal.
  bool Confirm(std::string_view question);
  // `text` in the colour of its tone when this console has colours. `text` is escaped already.
  std::string Paint(std::string_view text, Tone tone) const;
};

// Text from outside (images, reasons, log lines, names) made safe for a terminal: control
// characters, escape sequences, C1 controls, direction overrides and bytes that are no UTF-8 become
// \xNN or \u{NNNN}. Line feeds too, unless `keep_lines`; tabs become spaces then.
std::string Escape(std::string_view text, bool keep_lines = false);

// Columns that `text` takes: its code points.
size_t DisplayWidth(std::string_view text);

// `text` and blanks behind it, `width` columns at least.
std::string Pad(std::string_view text, size_t width);

// At most `width` columns of `text`; what is cut ends in "…". REQUIRES: width > 0.
std::string Shorten(std::string_view text, size_t width);

}  // namespace quayside::ctl
