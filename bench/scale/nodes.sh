#!/usr/bin/env bash
# Two nodes on one PostgreSQL and bucket against one, by the same work: starts them, measures, stops them.
# usage: nodes.sh DIR [--built] [options of nodes.py]
set -euo pipefail
[ $# -ge 1 ] || { sed -n 2,3p "$0" >&2; exit 2; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "$1"
dir=$(cd "$1" && pwd)
shift
up=()
if [ "${1:-}" = --built ]; then up=(--built); shift; fi
stop() {
    [ ! -x "$dir/two/stop.sh" ] || "$here/../compare/down.sh" "$dir/two"
    [ ! -x "$dir/one/stop.sh" ] || "$here/../compare/down.sh" "$dir/one"
}
trap stop EXIT
"$here/../compare/up.sh" "$dir/one" --store postgres "${up[@]}" >&2
"$here/../compare/up.sh" "$dir/two" --node-of "$dir/one" --base-port 14000 --built >&2
echo "Commit $(git -C "$here" rev-parse --short HEAD), $(date -u +%F)"
python3 "$here/nodes.py" "$dir/one/target.json" "$dir/two/target.json" "$@"
