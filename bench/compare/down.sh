#!/usr/bin/env bash
# Stops the server that up.sh DIR started, and no other. --wipe removes DIR too.
set -euo pipefail
[ $# -ge 1 ] && [ "$1" != "--help" ] || { echo "usage: down.sh DIR [--wipe]" >&2; exit 2; }
dir=$(cd "$1" && pwd)
[ -x "$dir/stop.sh" ] || { echo "down.sh: $dir was not made by up.sh" >&2; exit 1; }
"$dir/stop.sh"
[ "${2:-}" != "--wipe" ] || rm -rf "$dir"
