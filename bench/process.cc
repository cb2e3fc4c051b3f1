#include "bench/process.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "absl/time/clock.h"
#include "common/base/clock.h"

namespace quayside::bench {
namespace {

constexpr absl::Duration kStopPatience = absl::Seconds(15);
constexpr int kUserTicks = 14, kSystemTicks = 15;  // fields of /proc/PID/stat, from 1 (proc(5))

}  // namespace

void EndWith(const std::string& why) {
  std::fflush(stdout);
  std::fprintf(stderr, "%s\n", why.c_str());
  std::_Exit(1);  // threads of a crowd may be running; children end with us
}

std::string Beside(const std::string& name) {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / name;
}

Process::Process(const std::vector<std::string>& argv, const std::string& log) {
  int in[2], out[2];
  if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) EndWith("cannot make a pipe");
  const int err = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (err < 0) EndWith("cannot write " + log);
  std::vector<char*> arguments;
  for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(in[0], 0);
    dup2(out[1], 1);
    dup2(err, 2);
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  if (pid_ < 0) EndWith("cannot start " + argv[0]);
  close(in[0]);
  close(out[1]);
  close(err);
  in_ = in[1];
  out_ = out[0];
}

Process::~Process() {
  Stop();
  close(in_);
  close(out_);
}

std::string Process::ReadLine(absl::Duration patience) {
  SystemClock clock;
  const MonoTime deadline = clock.Now() + patience;
  while (true) {
    if (const size_t end = read_.find('\n'); end != read_.npos) {
      std::string line = read_.substr(0, end);
      read_.erase(0, end + 1);
      return line;
    }
    pollfd waits{out_, POLLIN, 0};
    const int64_t left = absl::ToInt64Milliseconds(deadline - clock.Now());
    if (left <= 0 || poll(&waits, 1, static_cast<int>(left)) <= 0) {
      EndWith("a program of the benchmark said nothing for " + absl::FormatDuration(patience));
    }
    char buffer[4096];
    const ssize_t n = read(out_, buffer, sizeof buffer);
    if (n <= 0) EndWith("a program of the benchmark ended; see its log");
    read_.append(buffer, static_cast<size_t>(n));
  }
}

void Process::WriteLine(const std::string& line) {
  const std::string text = line + "\n";
  if (write(in_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    EndWith("a program of the benchmark does not listen");
  }
}

void Process::Signal(int signal) {
  if (pid_ > 0) kill(pid_, signal);
}

void Process::Kill() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void Process::Stop() {
  if (pid_ <= 0) return;
  kill(pid_, SIGTERM);
  SystemClock clock;
  const MonoTime deadline = clock.Now() + kStopPatience;
  while (waitpid(pid_, nullptr, WNOHANG) == 0) {
    if (clock.Now() > deadline) return Kill();
    absl::SleepFor(absl::Milliseconds(5));
  }
  pid_ = -1;
}

absl::Duration Process::Cpu() const {
  std::ifstream file("/proc/" + std::to_string(pid_) + "/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  // The second field is the name in parentheses, which may hold spaces.
  std::istringstream fields(text.substr(text.rfind(')') + 1));
  std::string field;
  int64_t ticks = 0;
  for (int number = 3; fields >> field && number <= kSystemTicks; ++number) {
    if (number == kUserTicks || number == kSystemTicks) ticks += std::stoll(field);
  }
  return absl::Seconds(ticks) / sysconf(_SC_CLK_TCK);
}

double Process::ResidentKib() const {
  std::ifstream file("/proc/" + std::to_string(pid_) + "/status");
  std::string word;
  while (file >> word) {
    if (word != "VmRSS:") continue;
    double kib = 0;
    file >> kib;
    return kib;
  }
  EndWith("a program of the benchmark ended; see its log");
}

}  // namespace quayside::bench
