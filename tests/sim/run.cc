#include "tests/sim/run.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include <gtest/gtest.h>

#include "common/base/log.h"

namespace quayside::sim {
namespace {

int RunSeeds(Options options, uint64_t count, Runner run) {
  const auto begin = std::chrono::steady_clock::now();
  uint64_t events = 0;
  for (uint64_t done = 0; done < count; ++done, ++options.seed) {
    const Outcome outcome = run(options);
    events += outcome.events;
    if (outcome.violation) {
      std::printf("%s", Explain(options, outcome, 400).c_str());
      return 1;
    }
    if (count == 1) {
      for (const std::string& line : outcome.trace) std::printf("%s\n", line.c_str());
    }
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::printf("%llu seeds without a broken rule: %.0f events/s, %.0f seeds/h\n",
              static_cast<unsigned long long>(count), static_cast<double>(events) / seconds,
              static_cast<double>(count) / seconds * 3600);
  return 0;
}

}  // namespace

std::string Explain(const Options& options, const Outcome& outcome, size_t lines) {
  if (!outcome.violation) return "";
  std::string text;
  const size_t skip = outcome.trace.size() > lines ? outcome.trace.size() - lines : 0;
  for (size_t i = skip; i < outcome.trace.size(); ++i) text += "  " + outcome.trace[i] + "\n";
  return text + "seed " + std::to_string(options.seed) + " breaks " + outcome.violation->rule +
         ": " + outcome.violation->text + "\n(again: --seed " + std::to_string(options.seed) +
         ")\n";
}

int SeedsMain(int argc, char** argv, Runner run) {
  testing::InitGoogleTest(&argc, argv);
  ConfigureLog(LogFormat::kText, LogLevel::kError);  // what fails on purpose is no news
  Options options;
  uint64_t seeds = 0;
  for (int i = 1; i < argc; i += 2) {
    const std::string flag = argv[i];
    const uint64_t value = i + 1 < argc ? std::strtoull(argv[i + 1], nullptr, 10) : 0;
    if (flag == "--seed") {
      options.seed = value;
      seeds = std::max<uint64_t>(seeds, 1);
    } else if (flag == "--seeds") {
      seeds = value;
    } else if (flag == "--minutes") {
      options.troubled = absl::Minutes(value);
    } else if (flag == "--hosts") {
      options.hosts = static_cast<int>(value);
    } else {
      std::fprintf(stderr, "no flag %s; there are --seed, --seeds, --minutes, --hosts\n", argv[i]);
      return 2;
    }
  }
  return seeds > 0 ? RunSeeds(options, seeds, run) : RUN_ALL_TESTS();
}

}  // namespace quayside::sim
