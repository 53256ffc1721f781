#!/usr/bin/env bash
# The units that a store's appliance starts: all that say so in [Install], without head office's.
set -euo pipefail
cd "$(dirname "$0")/../systemd"
grep -l '^\[Install\]' parlour-*.service parlour-*.timer parlour-*.path | grep -v '^parlour-hq'
