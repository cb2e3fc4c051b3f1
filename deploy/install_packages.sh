#!/usr/bin/env bash
# Installs what deploy/packages.txt lists and this machine lacks (Debian 12, as root). Quick when nothing is missing.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

missing=()
while read -r package; do
  case "$package" in "" | \#*) continue ;; esac
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done <"$here/packages.txt"

if [ ${#missing[@]} -eq 0 ]; then
  exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "Cannot install ${missing[*]}: not root. Run this as root, or install them with apt-get first." >&2
  exit 1
fi
echo "Installing ${#missing[@]} Debian packages: ${missing[*]}"
# Programs that a package would start at once (dockerd, a registry) stay off: whoever needs one starts its own.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  trap 'rm -f "$policy"' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
