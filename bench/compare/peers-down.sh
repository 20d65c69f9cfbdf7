#!/usr/bin/env bash
# Stops the Postfix and Dovecot that peers-up.sh DIR started. With --wipe the folder goes too.
set -euo pipefail
[ $# -ge 1 ] || { echo "usage: peers-down.sh DIR [--wipe]" >&2; exit 2; }
[ -x "$1/stop.sh" ] || { echo "peers-down.sh: nothing was started in $1" >&2; exit 1; }
"$1/stop.sh"
if [ "${2:-}" = --wipe ]; then rm -rf "$1"; fi
