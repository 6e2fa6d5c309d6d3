#!/usr/bin/env bash
# Installs the Debian packages that Cairn needs and that are missing. Usage: setup.sh build|test
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(libgmp-dev libssl-dev libsqlite3-dev libpq-dev pkg-config zlib1g-dev)
if [ "${1:-build}" = test ]; then
    packages+=(libsodium-dev golang-go golang-golang-x-mod-dev python3-numpy python3-venv postgresql)
fi

as_root=()

install_packages() {
    echo "installing: $*"
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || {
            echo "cairn: these packages are missing and only root can install them: $*" >&2
            exit 1
        }
        as_root=(sudo)
    fi
    "${as_root[@]}" apt-get update -qq
    # The tests start servers of their own: installing one must not leave one running.
    case " $* " in *" postgresql "*) forbid_main_cluster ;; esac
    apt_install "$@"
}

apt_install() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$@"; }

forbid_main_cluster() {
    apt_install postgresql-common
    "${as_root[@]}" sed -ri 's/^#?create_main_cluster.*/create_main_cluster = false/' \
        /etc/postgresql-common/createcluster.conf
}

# Debian 12 has no package of it. Only tests of files need it, so that demo and other tests run without PyPI.
install_safetensors() {
    local safetensors=safetensors==0.8.0
    .venv/bin/python3 -c 'import numpy, safetensors' 2>/dev/null && return
    echo "installing into .venv: $safetensors"
    /usr/bin/python3 -m venv --clear --system-site-packages .venv
    .venv/bin/python3 -m pip install --quiet --disable-pip-version-check "$safetensors" ||
        echo "cairn: $safetensors could not be installed; the tests that need it will fail" >&2
}

missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then install_packages "${missing[@]}"; fi
if [ "${1:-build}" = test ]; then install_safetensors; fi
