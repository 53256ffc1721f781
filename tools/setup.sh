#!/usr/bin/env bash
# Brings in all that Parlour needs, once: system packages, the virtual environment, the browser assets, the translations.
#   tools/setup.sh run|test
# Each part is skipped when its inputs have not changed, so that a second run takes a moment.
set -euo pipefail
cd "$(dirname "$0")/.."

purpose=${1:-run}
venv=.venv
say() { printf '\033[2m%s\033[0m\n' "$*"; }

# What each command or file needs, as Debian names it. Postgres and Chromium are for the tests alone.
packages_missing() {
    need() { command -v "$1" >/dev/null 2>&1 || [ -e "/usr/sbin/$1" ] || echo "$2"; }
    need mosquitto mosquitto
    need npm npm
    need node nodejs
    python3 -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
    [ -e /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc ] || echo fonts-noto-cjk
    ldconfig -p 2>/dev/null | grep -q libGL.so.1 || /sbin/ldconfig -p | grep -q libGL.so.1 || echo libgl1
    ldconfig -p 2>/dev/null | grep -q libglib-2.0 || /sbin/ldconfig -p | grep -q libglib-2.0 || echo libglib2.0-0
    if [ "$purpose" = test ]; then
        need chromium chromium
        need pdftoppm poppler-utils
        need systemd-analyze systemd
        ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || echo postgresql
    fi
}

install_packages() {
    local missing root=()
    missing=$(packages_missing | sort -u | tr '\n' ' ')
    [ -n "${missing// /}" ] || return 0
    if [ "$(id -u)" != 0 ]; then
        if sudo -n true 2>/dev/null || { [ -t 0 ] && sudo -v; }; then
            root=(sudo)
        else
            say "Without root these stay missing: $missing"
            say "Parlour runs with what there is; for the rest: sudo apt-get install $missing"
            return 0
        fi
    fi
    say "Installing system packages: $missing"
    # The services that Debian would start (a broker on our port, a database) are not wanted: Parlour starts its own.
    local held=/usr/sbin/policy-rc.d
    if [ ! -e "$held" ]; then
        printf '#!/bin/sh\nexit 101\n' | "${root[@]}" tee "$held" >/dev/null
        "${root[@]}" chmod 755 "$held"
        # shellcheck disable=SC2064
        trap "${root[*]} rm -f $held" EXIT
    fi
    local log=build/apt.log
    mkdir -p build
    # shellcheck disable=SC2086
    if ! { "${root[@]}" apt-get update -q &&
        "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing; } >"$log" 2>&1; then
        tail -20 "$log" >&2
        say "Installing system packages failed; all that apt said is in $log"
        return 1
    fi
    if [ -d /run/systemd/system ] && [[ " $missing " == *" mosquitto "* ]]; then
        "${root[@]}" systemctl disable mosquitto >/dev/null 2>&1 || say "mosquitto's own service stays enabled"
    fi
}

# Run a step when the files it depends on differ from last time.
once() {
    local name=$1 stamp=$venv/.$1.stamp sum
    shift
    sum=$(cat "${inputs[@]}" | sha256sum)
    [ "$(cat "$stamp" 2>/dev/null || true)" = "$sum" ] && return 0
    say "Setting up: $name"
    "$@"
    printf '%s' "$sum" >"$stamp"
}

make_venv() {
    if [ ! -x "$venv/bin/python" ]; then
        say "Making $venv"
        python3 -c 'import sys; sys.exit("Parlour needs Python 3.11 or later") if sys.version_info < (3, 11) else None'
        # On a Raspberry Pi the GPIO library comes from Debian: the registry's wheel for it is an empty stub on Python 3.13.
        local site=()
        [ -e /proc/device-tree/model ] && grep -qi raspberry /proc/device-tree/model && site=(--system-site-packages)
        python3 -m venv "${site[@]}" "$venv"
    fi
}
install_python() {
    "$venv/bin/pip" install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt
    "$venv/bin/pip" install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
}
install_assets() {
    npm ci --silent --ignore-scripts
    npm run --silent vendor
}
fetch_tinydb_suite() {
    "$venv/bin/python" tests/edge/store/fetch_tinydb_suite.py
}
compile_translations() {
    "$venv/bin/python" -m edge.kiosk.catalogues --compile
}

install_packages
make_venv
inputs=(requirements/dev.txt pyproject.toml) && once python install_python
inputs=(package-lock.json edge/kiosk/vendor.mjs) && once assets install_assets
[ "$purpose" != test ] || { inputs=(tests/edge/store/fetch_tinydb_suite.py) && once tinydb-suite fetch_tinydb_suite; }
mapfile -t inputs < <(find edge/kiosk -name '*.po' | sort) && once translations compile_translations
