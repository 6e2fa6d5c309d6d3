#!/usr/bin/env bash
# Installs the Debian packages that Cairn needs and that are missing. Usage: setup.sh build|test
set -euo pipefail

packages=(libgmp-dev libssl-dev libsqlite3-dev libpq-dev pkg-config zlib1g-dev)
if [ "${1:-build}" = test ]; then
    packages+=(libsodium-dev golang-go golang-golang-x-mod-dev)
fi

missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

echo "installing: ${missing[*]}"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
        echo "cairn: these packages are missing and only root can install them: ${missing[*]}" >&2
        exit 1
    }
    as_root=(sudo)
fi
"${as_root[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq "${missing[@]}"
