#!/usr/bin/env bash
# Imports a large mbox into an empty store and exports it again, and says how long that took and how much memory at most; between the two the store is checked. Peak resident must stay
# under 300 MiB.
#   tests/soak/import.sh [MESSAGES]
set -euo pipefail
messages=${1:-200000} most=300
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
dotnet build src/Posthorn -c Release -v quiet --nologo
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
posthorn() { dotnet src/Posthorn/bin/Release/net10.0/posthorn.dll "$@" --config "$folder/posthorn.json"; }
echo '{ "hostName": "mx.example.test" }' >"$folder/posthorn.json"
export POSTHORN_DATAFOLDER="$folder/data"
posthorn domain add example.test >/dev/null
echo secret | posthorn account add you@example.test --password-stdin >/dev/null
# Messages of 1 to 3 KB, each with words of its own.
awk -v n="$messages" 'BEGIN {
    srand(1)
    for (i = 1; i <= n; i++) {
        printf "From sender@example.net Tue Nov 24 10:00:00 2026\nFrom: sender@example.net\nTo: you@example.test\nDate: Tue, 24 Nov 2026 10:00:00 +0000\n"
        printf "Subject: message %d\nMessage-ID: <soak-%d@example.net>\n\n", i, i
        for (l = 8 + int(rand() * 32); l > 0; l--) printf "line %d of message %d: %d %d %d and some words\n", l, i, rand() * 1e9, rand() * 1e9, rand() * 1e9
        print ""
    }
}' >"$folder/mail.mbox"
# Runs a command, and says how long it took and how much memory at most.
watched() {
    local what=$1 started pid peak=0 now took
    shift
    started=$(date +%s%N)
    dotnet src/Posthorn/bin/Release/net10.0/posthorn.dll "$@" --config "$folder/posthorn.json" >"$folder/said" 2>&1 &
    pid=$!
    while kill -0 $pid 2>/dev/null; do
        now=$(awk '/^VmHWM/ { print $2 }' "/proc/$pid/status" 2>/dev/null || true)
        peak=${now:-$peak}
        sleep 0.2
    done
    wait $pid || { cat "$folder/said" >&2; exit 1; }
    took=$(( ($(date +%s%N) - started) / 1000000 ))
    echo "$what of $messages messages ($(( $(stat -c %s "$folder/mail.mbox") / 1000000 )) MB): $took ms, peak resident $(( peak / 1024 )) MiB"
    [ $(( peak / 1024 )) -lt $most ] || { echo "more than $most MiB" >&2; exit 1; }
}
watched import import mbox "$folder/mail.mbox" --account you@example.test
posthorn check
watched export export mbox "$folder/out" --account you@example.test
[ "$(grep -c '^Message-ID: <soak-' "$folder/out/mail.mbox")" -eq "$messages" ] || { echo "the export has not all of them" >&2; exit 1; }
