#!/usr/bin/env bash
# How cost grows with accounts, messages in a mailbox, and sessions: starts a release of Posthorn of its own, measures, stops it.
# usage: run.sh DIR [--store sqlite|postgres] [--built] [options of scale.py]
# The search index is off: it would be made of a million messages while others are measured. DIR stays, and a second run measures what is in it.
set -euo pipefail
[ $# -ge 1 ] || { sed -n 2,4p "$0" >&2; exit 2; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
dir=$1
shift
store=sqlite up=(--no-index)
if [ "${1:-}" = --store ]; then store=$2; shift 2; fi
if [ "${1:-}" = --built ]; then up+=(--built); shift; fi
"$here/../compare/up.sh" "$dir" --store "$store" "${up[@]}" >&2
trap '"$here/../compare/down.sh" "$dir"' EXIT
dir=$(cd "$dir" && pwd)
printf '#!/usr/bin/env bash\nexec dotnet "%s/posthorn.dll" "$@" --config "%s/posthorn.json"\n' "$here/../compare/.build" "$dir" >"$dir/posthorn"
chmod +x "$dir/posthorn"
python3 "$here/scale.py" "$dir/target.json" "$@"
