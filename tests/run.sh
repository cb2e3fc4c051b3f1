#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test there is, or only the suites that are named.
#
#   tests/run.sh                    everything; the last line is `N passed, M failed, K skipped`
#   tests/run.sh unit e2e           only these suites: format unit lint sim integration
#                                   e2e asan tsan, and clang_tidy, which runs only by its name
#   tests/run.sh sim --seed 42      repeats the simulation that began with this seed
#
# What cannot run on this machine is printed as `skipped, because …`. Exit 0 when nothing failed.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly all_suites=(format unit lint sim integration e2e asan tsan)
readonly suites_by_name=(clang_tidy) # too slow for each run: some ten minutes when nothing is known yet
readonly results=build/results
readonly testbed=tests/testbed/testbed.py
readonly fresh_seeds=30
inside=()
seed=$(($(date +%s) % 1000000))
export PYTHONDONTWRITEBYTECODE=1 CTEST_OUTPUT_ON_FAILURE=1

say() { printf '\n== %s\n' "$*"; }

# record SUITE TEST passed|failed|skipped [REASON]: one test that is not ctest's.
record() { printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "${4:-}" >>"$results/other.tsv"; }

# build PRESET: configures and builds it once in this run.
build() {
  [ ! -e "$results/built.$1" ] || return 0
  local began=$SECONDS
  if cmake --preset "$1" >"$results/configure.$1.log" 2>&1 &&
    cmake --build --preset "$1" -j "$(nproc)" >"$results/build.$1.log" 2>&1; then
    touch "$results/built.$1"
    echo "built $1 in $((SECONDS - began)) s"
  else
    grep -hE 'error|Error|FAILED' "$results"/{configure,build}."$1".log | head -40
    echo "build of $1 failed after $((SECONDS - began)) s; all of it is in $results/build.$1.log"
    record "$1" build failed
    return 1
  fi
}

# run_ctest SUITE PRESET [ctest option...]: its cases are counted from the report that it writes. A command in
# the array `inside` runs around it.
run_ctest() {
  local suite=$1 preset=$2
  shift 2
  "${inside[@]}" ctest --preset "$preset" --no-tests=ignore --output-junit "$PWD/$results/$suite.xml" "$@" |
    { grep -vE '^ *(Start +[0-9]+:|[0-9]+/[0-9]+ Test +#.* Passed )' || true; } || true
  [ -s "$results/$suite.xml" ] || record "$suite" "ctest itself" failed
}

# use_bed: what run_ctest runs next finds a private Docker Engine and a registry, where this machine can have them.
use_bed() {
  inside=(python3 "$testbed" run --hosts 1 --)
  python3 "$testbed" check || inside=()
}

suite_format() {
  if git ls-files -z '*.h' '*.cc' |
    xargs -0 -n 20 -P "$(nproc)" clang-format --dry-run -Werror 2>"$results/format.log"; then
    record format clang-format passed
  else
    grep -oE '^[^ :]+:[0-9]+:[0-9]+: error' "$results/format.log" | cut -d: -f1 | sort | uniq -c
    echo "these files are not as clang-format writes them (how many places); clang-format -i FILE repairs them"
    record format clang-format failed
  fi
  if git ls-files -z '*.sh' | xargs -0 shellcheck; then
    record format shellcheck passed
  else
    record format shellcheck failed
  fi
}

suite_unit() {
  build release || return 0
  run_ctest unit release -L '^unit$' -j "$(nproc)"
}

# A second compiler's view; it reads generated headers, so it comes after the build.
lint() {
  build release || return 0
  local kind=$1 log=$results/lint.$1.log code=0
  python3 tests/tidy/lint.py "$kind" >"$log" 2>&1 || code=$?
  case $code in
    0) tail -1 "$log" && record lint "$kind" passed ;;
    77) record lint "$kind" skipped "$(head -1 "$log")" ;;
    *) cat "$log" && record lint "$kind" failed ;;
  esac
}

suite_lint() { lint thread-safety; }

suite_clang_tidy() { lint clang-tidy; }

# The fixed seeds are ctest's; the fresh ones find what nobody thought of, and the seed repeats them.
suite_sim() {
  build release || return 0
  run_ctest sim release -L '^sim$' -j "$(nproc)"
  local program
  for program in sim_agents_test sim_test; do
    fresh_seeds "$program"
  done
}

fresh_seeds() {
  echo "fresh simulation: $1 --seed $seed --seeds $fresh_seeds"
  if "build/release/bin/$1" --seed "$seed" --seeds "$fresh_seeds" >"$results/$1.log" 2>&1; then
    record sim "$1, fresh seeds from $seed" passed
  else
    tail -40 "$results/$1.log"
    echo "repeat it with: tests/run.sh sim --seed $seed"
    record sim "$1, fresh seeds from $seed" failed
  fi
}

# One suite for the fake and the real Docker Engine; the real ones are private to this run.
suite_integration() {
  build release || return 0
  local inside
  use_bed
  run_ctest integration release -L '^integration$'
}

suite_e2e() {
  build release || return 0
  run_ctest e2e release -L '^e2e$' -j 2
  python3 "$testbed" sweep
}

suite_asan() {
  build asan || return 0
  local inside
  use_bed
  run_ctest asan asan -L '^(unit|sim|integration)$' -LE '^script$' -j "$(nproc)"
  inside=()
  run_ctest asan_e2e asan -R '^e2e_(deploy|rollback)$' -j 2
}

suite_tsan() {
  build tsan || return 0
  run_ctest tsan tsan -L '^(unit|sim)$' -LE '^script$' -j "$(nproc)"
}

run_suite() {
  local began=$SECONDS
  say "$1"
  "suite_$1"
  echo "$1: $((SECONDS - began)) s"
}

parse() {
  suites=()
  while [ $# -gt 0 ]; do
    case "$1" in
      --seed) seed=${2:?--seed needs a number} && shift ;;
      -h | --help) sed -n '2,9s/^# \{0,1\}//p' "$0" && exit 0 ;;
      *)
        if [[ " ${all_suites[*]} ${suites_by_name[*]} " != *" $1 "* ]]; then
          echo "unknown suite '$1'; there are: ${all_suites[*]} ${suites_by_name[*]}" >&2
          exit 2
        fi
        suites+=("$1")
        ;;
    esac
    shift
  done
  [ ${#suites[@]} -gt 0 ] || suites=("${all_suites[@]}")
}

main() {
  parse "$@"
  deploy/install_packages.sh
  rm -rf "$results" && mkdir -p "$results"
  local suite
  for suite in "${suites[@]}"; do
    run_suite "$suite"
  done
  say "result of ${suites[*]} in $((SECONDS / 60)) min"
  python3 tests/count_results.py "$results"
}

main "$@"
