#!/usr/bin/env bash
# Shows Quayside at work on this machine, in about a minute once it is built, and cleans up after itself.
#
#   deploy/try.sh              one server: this machine's Docker Engine, or a private one when none answers
#   deploy/try.sh --hosts 3    three servers (1 to 9): private engines, each in a network namespace of its own
#   deploy/try.sh --keep       leaves it running, to play with; --stop ends it
#   deploy/try.sh --stop       ends what an earlier call left running
#   deploy/try.sh --help
#
# At a terminal it goes on until Ctrl-C when everything has been shown; without one it ends by itself with exit 0.
# Debian 12, as root. Its files are in /tmp/quayside-try ($QUAYSIDE_TRY_DIR).
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
dir=${QUAYSIDE_TRY_DIR:-/tmp/quayside-try}
readonly root dir bin="$root/build/release/bin" machine_socket=/var/run/docker.sock
export QUAYSIDE_CONTEXT="$dir/controller/admin.context" PYTHONDONTWRITEBYTECODE=1
hosts=1 keep=no verb=show owner=no

step() { printf '\n\033[1m== %s\033[0m\n' "$*" | if [ -t 1 ]; then cat; else sed 's/\x1b\[[0-9]*m//g'; fi; }
# shown COMMAND...: prints a command as a person would type it, then runs it.
shown() { printf '$ %s\n' "${*/#"$bin/"/}" && "$@"; }
refuse() { echo "try.sh: $1" >&2 && exit "${2:-1}"; }
testbed() { "$root/tests/testbed/testbed.py" "$@"; }
ctl() { shown "$bin/ctl" "$@"; }

usage() { sed -n '2,11s/^# \{0,1\}//p' "$0"; }

parse() {
  while [ $# -gt 0 ]; do
    case "$1" in
      --hosts) hosts=${2:-} && shift ;;
      --hosts=*) hosts=${1#*=} ;;
      --keep) keep=yes ;;
      --stop) verb=stop ;;
      -h | --help) usage && exit 0 ;;
      *) usage >&2 && refuse "unknown argument '$1'" 2 ;;
    esac
    shift || refuse "--hosts needs a number from 1 to 9" 2
  done
  [[ "$hosts" =~ ^[1-9]$ ]] || refuse "--hosts takes a number from 1 to 9, not '$hosts'" 2
}

# One server is the machine's own engine when that answers. Several are always private ones.
uses_machine_engine() {
  [ "$hosts" = 1 ] &&
    curl --silent --fail --max-time 3 --unix-socket "$machine_socket" http://localhost/_ping >/dev/null 2>&1
}

announce() {
  local engines="start $hosts private Docker Engine(s), each in a network namespace on a bridge of its own"
  ! uses_machine_engine || engines="use this machine's Docker Engine ($machine_socket) for two containers, one network"
  cat <<END
Quayside, tried on this machine. This will
  - install the Debian packages of deploy/packages.txt that are missing (they stay),
  - build the release programs in build/release (they stay),
  - $engines,
  - start a registry, one controller and $hosts agent(s), reachable from this machine only, with all files in $dir,
  - build a small image, deploy it, then deploy its second version.
Everything but packages and build/ is gone when it ends: Ctrl-C, or deploy/try.sh --stop.
END
}

prepare() {
  step "Packages and build"
  "$root/deploy/install_packages.sh"
  cd "$root"
  if ! { cmake --preset release && cmake --build --preset release --target quayside-controller quayside-agent ctl; } \
    >"$build_log" 2>&1; then
    tail -30 "$build_log" >&2
    refuse "the build failed; its whole output is in $build_log"
  fi
  rm -f "$build_log"
  "$bin/ctl" --version
}

start_parts() {
  step "Engines, registry, controller, agents"
  local listen=(--listen 127.0.0.1:0 --https 127.0.0.1:0) engine=()
  ! uses_machine_engine || engine=(--machine-engine "$machine_socket")
  owner=yes
  testbed up --dir "$dir" --hosts "$hosts" "${engine[@]}"
  # shellcheck disable=SC1091  # written by `testbed up`
  source "$dir/bed.env"
  [ ${#engine[@]} -gt 0 ] || listen+=(--insecure-listen "$BED_ADDRESS")
  testbed start --dir "$dir" --name controller -- "$bin/quayside-controller" --data-dir "$dir/controller" \
    "${listen[@]}" --insecure-registry "$BED_REGISTRY"
  wait_for "the controller" test -s "$dir/controller/endpoints.json"
  local number grpc
  grpc=$(jq -r .grpc "$dir/controller/endpoints.json")
  for number in $(seq "$hosts"); do
    local engine_of="BED_HOST${number}_ENGINE"
    testbed start --dir "$dir" --name "agent-$number" --host "$number" -- "$bin/quayside-agent" \
      --data-dir "$dir/agent-$number" --controller "$grpc" --name "server-$number" --engine "${!engine_of}"
  done
  wait_for "$hosts ready agent(s)" agents_are_ready
  ctl host ls
}

agents_are_ready() {
  [ "$("$bin/ctl" host ls -o json 2>/dev/null | jq '[.[] | select(.state == "ready")] | length')" = "$hosts" ]
}

# wait_for WHAT COMMAND...: until the command succeeds, 30 s at most.
wait_for() {
  local what=$1 deadline=$((SECONDS + 30))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$deadline" ] || refuse "$what did not come up within 30 s"
    sleep 0.2
  done
}

build_images() {
  step "A small image, twice: FROM scratch and busybox, nothing is downloaded"
  local version
  for version in v1 v2; do
    testbed image --dir "$dir" "$root/deploy/examples/hello" "hello:$version" "VERSION=$version"
  done
}

first_deploy() {
  step "The first deploy: done means that every container has proven itself"
  export REGISTRY=$BED_REGISTRY VERSION=v1 REPLICAS=$((hosts > 1 ? hosts : 2))
  ctl apply -f "$root/deploy/examples/hello/compose.yaml" --timeout 3m
  ctl status hello
  ctl ps hello
  fetch_answers | tee "$dir/answers.v1"
}

second_deploy() {
  step "The second version: the new container is proven before the old one stops"
  ctl deploy hello "web=$BED_REGISTRY/hello:v2" --timeout 3m
  fetch_answers >"$dir/answers.v2"
  step "The difference"
  diff "$dir/answers.v1" "$dir/answers.v2" || true
  ctl history hello
}

# Asks each container of the app where its host publishes it.
fetch_answers() {
  local name port address
  while read -r name port; do
    address="BED_HOST${name#server-}_ADDRESS"
    printf '%s http://%s:%s  ' "$name" "${!address}" "$port"
    curl --silent --show-error --fail --max-time 5 "http://${!address}:$port/"
  done < <("$bin/ctl" ps hello -o json |
    jq -r '.[] | select(.state == "running" or .state == "healthy") | "\(.host) \(.ports[0].host_port)"' | sort)
}

suggest() {
  step "What to try next"
  cat <<END
  export QUAYSIDE_CONTEXT=$QUAYSIDE_CONTEXT PATH=$bin:\$PATH
  ctl ps                             what runs where
  ctl rollback hello                 back to v1
  ctl scale hello/web=4              more of it
  ctl deploy hello web=$BED_REGISTRY/hello:missing      refused before anything changes
  ctl explain hello                  why each container is where it is
  ctl events -f                      what happens, while you stop or remove a container by hand:
  docker -H $BED_HOST1_ENGINE ps
END
}

stop() {
  [ -e "$dir/bed.json" ] || { [ "$verb" = show ] || echo "Nothing is running in $dir."; return 0; }
  step "Cleaning up"
  remove_apps
  testbed down --dir "$dir"
  echo "Gone: processes, containers, networks, volumes, demo images and $dir."
}

# On the machine's own engine the containers do not end with the test bed: the controller takes them away.
remove_apps() {
  local app
  grep -q '"machine_engine": "' "$dir/bed.json" || return 0
  for app in $("$bin/ctl" ls -o json 2>/dev/null | jq -r '.[].app' 2>/dev/null); do
    "$bin/ctl" rm "$app" --volumes -y --timeout 60s >/dev/null 2>&1 || true
  done
}

at_exit() {
  local code=$?
  trap '' INT TERM
  if [ "$owner" = yes ] && { [ "$keep" = no ] || [ "$code" -ne 0 ]; }; then
    [ "$code" -eq 0 ] || [ "$code" -eq 130 ] || show_logs >&2
    stop || code=1
  fi
  exit "$code"
}

show_logs() {
  local log
  for log in "$dir"/controller.log "$dir"/agent-*.log; do
    [ ! -e "$log" ] || { echo "-- the end of $log" && tail -n 15 "$log"; }
  done
}

# At a terminal: until Ctrl-C, or until another call of --stop took everything away.
linger() {
  if [ "$keep" = yes ]; then
    echo "It stays running. deploy/try.sh --stop ends it."
  elif [ -t 0 ] && [ -t 1 ]; then
    echo "It runs until you press Ctrl-C."
    trap 'exit 0' INT TERM
    while [ -e "$dir/bed.json" ]; do
      sleep 1
    done
    owner=no
  fi
}

main() {
  parse "$@"
  [ "$(id -u)" -eq 0 ] || refuse "this needs root, for packages, network namespaces and Docker; run it with sudo"
  if [ "$verb" = stop ]; then
    stop
    return
  fi
  build_log=$(mktemp)
  announce
  trap at_exit EXIT
  trap 'exit 130' INT TERM
  prepare
  stop # of an earlier call
  local why_not
  if ! uses_machine_engine && ! why_not=$(testbed check); then
    refuse "no private engine can run here: ${why_not#skipped, because }"
  fi
  start_parts
  build_images
  first_deploy
  second_deploy
  suggest
  linger
}

main "$@"
