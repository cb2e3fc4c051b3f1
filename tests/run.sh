#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test there is.
set -euo pipefail
cd "$(dirname "$0")/.."
deploy/install_packages.sh
cmake --preset debug
cmake --build --preset debug
ctest --preset debug
