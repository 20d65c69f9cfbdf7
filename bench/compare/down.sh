#!/usr/bin/env bash
# Stops the server that up.sh DIR started, and no other. --wipe removes DIR too.
set -euo pipefail
[ $# -ge 1 ] && [ "$1" != "--help" ] || { echo "usage: down.sh DIR [--wipe]" >&2; exit 2; }
dir=$(cd "$1" && pwd)
[ -x "$dir/stop.sh" ] || { echo "down.sh: $dir was not made by up.sh" >&2; exit 1; }
"$dir/stop.sh"
if [ -f "$dir/s3.pid" ]; then
    kill "$(cat "$dir/s3.pid")" 2>/dev/null || true
    rm "$dir/s3.pid"
fi
if [ -f "$dir/postgres/data/postmaster.pid" ]; then
    pgbin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
    stop=("$pgbin/pg_ctl" -D "$dir/postgres/data" -m fast -w stop)
    if [ "$(id -u)" -eq 0 ]; then stop=(setpriv --reuid=postgres --regid=postgres --clear-groups "${stop[@]}"); fi
    (cd "$dir/postgres" && "${stop[@]}" >/dev/null)
fi
[ "${2:-}" != "--wipe" ] || rm -rf "$dir"
