#!/usr/bin/env bash
# The same work on Postfix + Dovecot and on Posthorn, in turn, in one run; prints a table with ratios. Needs root, for the peers.
set -euo pipefail
PATH="$PATH:/usr/sbin:/sbin"

usage() {
    cat <<'TXT'
usage: run.sh [--quick] [--store sqlite|postgres] [--no-cache] [--keep] [OPTIONS OF compare.py]
  --quick      one round of two seconds a measure: a first look, no figures to keep
  --store      what holds Posthorn's mail (sqlite)
  --no-cache   Posthorn verifies every password anew
  --only A,B   measures whose names begin so; --list names them all
  --rounds N   rounds (2); --seconds S aim of each piece of timed work (8); --warm-up S of each measure first, not counted (2)
  --out FILE   all results as JSON
TXT
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
up=() compare=() quick=()
while [ $# -gt 0 ]; do
    case "$1" in
        -h|--help) usage; exit 0 ;;
        --quick) quick=(--rounds 1 --seconds 2); shift ;;
        --store) up+=(--store "$2"); shift 2 ;;
        --no-cache) up+=(--no-cache); shift ;;
        --list) exec python3 "$here/load/compare.py" --list /dev/null ;;
        --only|--rounds|--seconds|--warm-up|--out) compare+=("$1" "$2"); shift 2 ;;
        *) usage >&2; exit 2 ;;
    esac
done

work=$(mktemp -d)
chmod 755 "$work"
stop() {
    [ ! -x "$work/posthorn/stop.sh" ] || "$here/down.sh" "$work/posthorn" || true
    [ ! -x "$work/peers/stop.sh" ] || "$here/peers-down.sh" "$work/peers" || true
    rm -rf "$work"
}
trap stop EXIT
"$here/peers-up.sh" "$work/peers" >&2
"$here/up.sh" "$work/posthorn" "${up[@]}" >&2
echo "Commit $(git -C "$here" rev-parse --short HEAD), $(date -u +%F), $(postconf -d -h mail_version 2>/dev/null | sed 's/^/Postfix /'), Dovecot $(dovecot --version | cut -d' ' -f1)"
python3 "$here/load/compare.py" "$work/peers/target.json" "$work/posthorn/target.json" "${quick[@]}" "${compare[@]}"
