#!/usr/bin/env bash
# How long a server takes from its start until it listens and answers: on a store with one account, the median of several starts.
#   bench/start.sh [TIMES]
set -euo pipefail
times=${1:-7} port=15143
cd "$(dirname "${BASH_SOURCE[0]}")/.."
folder=$(mktemp -d)
server=
stop() { [ -z "$server" ] || { kill "$server" && wait "$server" || true; }; server=; }
trap 'stop; rm -rf "$folder"' EXIT
dotnet publish src/Posthorn -c Release -o "$folder/bin" -v quiet --nologo >&2
cat >"$folder/posthorn.json" <<JSON
{ "hostName": "mx.example.test", "listeners": { "imap": { "address": "127.0.0.1", "port": $port } }, "telemetry": { "logLevel": "Warning" } }
JSON
posthorn() { "$folder/bin/posthorn" "$@" --config "$folder/posthorn.json"; }
posthorn domain add example.test >/dev/null
echo secret | posthorn account add you@example.test --password-stdin >/dev/null
for _ in $(seq "$times"); do
    started=$(date +%s%N)
    "$folder/bin/posthorn" serve --config "$folder/posthorn.json" >/dev/null &
    server=$!
    until { exec 3<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null; do kill -0 "$server"; sleep 0.005; done
    read -r -u 3 greeting
    echo "$(( ($(date +%s%N) - started) / 1000000 )) ms: ${greeting:0:20}" | tee -a "$folder/times" >&2
    exec 3<&-
    stop
done
sort -n "$folder/times" | awk '{ t[NR] = $1 } END { printf "start to greeting, %d starts: median %d ms (%d–%d)\n", NR, t[int((NR + 1) / 2)], t[1], t[NR] }'
