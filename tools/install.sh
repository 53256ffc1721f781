#!/usr/bin/env bash
# Put Parlour on a Raspberry Pi (Debian 12 or later): code to /opt/parlour, units and configuration where systemd and Chromium look for them.
#
#   sudo tools/install.sh                 on the appliance itself
#   DESTDIR=/tmp/image tools/install.sh   into a folder: the files alone, nothing is enabled, no user is made
#
# Running it again brings the installation up to date; data in /var/lib/parlour stays.
set -euo pipefail
cd "$(dirname "$0")/.."

DESTDIR="${DESTDIR:-}"
CODE="$DESTDIR/opt/parlour"
UNITS="$DESTDIR/etc/systemd/system"
PYTHON="${PYTHON:-python3}"

say() { printf '%s\n' "$*"; }

if [[ -z "$DESTDIR" && $EUID -ne 0 ]]; then
  say "make install needs root: sudo make install" >&2
  exit 1
fi

# What the pages load from npm is in no repository; `make run` and `make test` bring it in as well.
ASSET=edge/kiosk/static/vendor/socket.io.min.js
if [[ ! -e "$ASSET" ]]; then
  say "== browser assets"
  if ! command -v npm >/dev/null; then
    if [[ -n "$DESTDIR" ]]; then
      say "npm is missing: install it, or run make setup first" >&2
      exit 1
    fi
    apt-get update -q
    apt-get install -y --no-install-recommends nodejs npm
  fi
  npm ci --silent --ignore-scripts
  npm run --silent vendor
fi

say "== code -> $CODE"
install -d -m 0755 "$CODE"
for part in salon edge cloud_sync_server parlour firmware_configs systemd requirements pyproject.toml README.md LICENSE; do
  rm -rf "${CODE:?}/$part"
  cp -r "$part" "$CODE/$part"
done
find "$CODE" -name __pycache__ -type d -prune -exec rm -rf {} +
rm -f "$CODE/firmware_configs/secrets.yaml"

say "== units -> $UNITS"
install -d -m 0755 "$UNITS"
install -m 0644 systemd/*.service systemd/*.timer systemd/*.path "$UNITS/"
for drop_in in systemd/*.service.d; do
  install -d -m 0755 "$UNITS/$(basename "$drop_in")"
  install -m 0644 "$drop_in"/*.conf "$UNITS/$(basename "$drop_in")/"
done
place() { install -D -m "$1" "$2" "$DESTDIR$3"; }
place 0644 systemd/sysusers.d/parlour.conf /usr/lib/sysusers.d/parlour.conf
place 0644 systemd/tmpfiles.d/parlour.conf /usr/lib/tmpfiles.d/parlour.conf
place 0644 systemd/journald.conf.d/10-parlour.conf /etc/systemd/journald.conf.d/10-parlour.conf
place 0644 systemd/avahi/parlour.service /etc/avahi/services/parlour.service
place 0644 systemd/browser/policies.json /etc/chromium/policies/managed/parlour.json
place 0644 systemd/browser/boot.html /usr/share/parlour/boot.html
place 0755 systemd/browser_watch.py /usr/lib/parlour/browser_watch.py
install -d -m 0755 "$DESTDIR/usr/local/bin"
ln -sf /opt/parlour/.venv/bin/parlour "$DESTDIR/usr/local/bin/parlour"

if [[ -n "$DESTDIR" ]]; then
  say "Files are in $DESTDIR; nothing was started."
  exit 0
fi

say "== packages"
apt-get update -q || say "the lists of packages could not be brought up to date: see above"
apt-get install -y --no-install-recommends mosquitto mosquitto-clients python3-venv fonts-noto-cjk avahi-daemon cage chromium \
  libgl1 libglib2.0-0 || say "some packages could not be installed: see above"
# On a Pi the pins are reached through lgpio, which only the distribution ships for newer Pythons.
apt-get install -y --no-install-recommends python3-lgpio || say "no python3-lgpio: pins of this board cannot be used"
systemctl disable --now mosquitto.service 2>/dev/null || true   # the store's broker is parlour-broker

say "== environment"
[[ -x "$CODE/.venv/bin/python" ]] || "$PYTHON" -m venv --system-site-packages "$CODE/.venv"
"$CODE/.venv/bin/pip" install --quiet --require-hashes -r "$CODE/requirements/edge.txt"
"$CODE/.venv/bin/pip" install --quiet --no-deps --no-build-isolation -e "$CODE" \
  || "$CODE/.venv/bin/pip" install --quiet --no-deps -e "$CODE"
"$CODE/.venv/bin/python" -m edge.kiosk.catalogues --compile || true

say "== users and folders"
systemd-sysusers /usr/lib/sysusers.d/parlour.conf
systemd-tmpfiles --create /usr/lib/tmpfiles.d/parlour.conf
systemctl daemon-reload
systemctl restart systemd-journald

say "== units"
mapfile -t UNITS_TO_START < <(tools/units.sh)
if [[ -e /var/lib/parlour/store.db ]]; then
  systemctl enable --now "${UNITS_TO_START[@]}"
  say "Running. Look with: sudo -u parlour PARLOUR_HOME=/var/lib/parlour parlour doctor"
else
  systemctl enable "${UNITS_TO_START[@]}"
  say "Now make this machine a store, then start it:"
  say "  sudo -u parlour PARLOUR_HOME=/var/lib/parlour parlour provision store s001"
  say "  sudo systemctl start ${UNITS_TO_START[*]}"
fi
