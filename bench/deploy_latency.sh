#!/usr/bin/env bash
# Deploy latency beside the Docker floor and Swarm, on four real engines:
#   bench/deploy_latency.sh [--rounds N] [--only CASE,…] [--idle SECONDS] [--trace]
set -euo pipefail
cd "$(dirname "$0")/.."
if [ -z "${QUAYSIDE_TESTBED_DIR:-}" ]; then
  exec python3 tests/testbed/testbed.py run --hosts 4 -- "$0" "$@"
fi
image() {
  python3 tests/testbed/testbed.py image --dir "$QUAYSIDE_TESTBED_DIR" deploy/examples/hello "bench:$1" "VERSION=$1"
}
build/release/bin/deploy_latency "$@" "$(image v1)" "$(image v2)"
