#!/usr/bin/env bash
# Figures of the web pages: a store with many letters, a server, Chromium. run.sh [--letters N] [--rounds N] [--prepare DIR | --measure DIR]
# --prepare makes the store under DIR and stops; --measure uses what lies there. Without either: both, in a temporary folder.
set -euo pipefail
. "$(dirname "$0")/options.sh"
trap '[ -n "$given" ] || rm -rf "$dir"' EXIT
program=${POSTHORN:-$here/../../src/Posthorn/bin/Release/net10.0/posthorn.dll}
port=18443

posthorn() { dotnet "$program" "$@" --config "$dir/posthorn.json"; }

if [ "$only" != measure ]; then
  listener() { printf '"%s": { "address": "127.0.0.1", "port": %s }' "$1" "$2"; }
  cat > "$dir/posthorn.json" <<JSON
{ "dataFolder": "$dir/data", "hostName": "localhost",
  "listeners": { $(listener smtp 18025), $(listener submission 18587), $(listener submissions 18465), $(listener imap 18143), $(listener imaps 18993),
    $(listener pop3 18110), $(listener pop3s 18995), $(listener web $port), $(listener metrics 18090) } }
JSON
  posthorn domain add example.test > /dev/null
  printf 'a long password\n' | posthorn account add you@example.test --password-stdin > /dev/null
  write_letters
  posthorn import mbox "$dir/letters.mbox" --account you@example.test --mailbox INBOX > /dev/null
  rm "$dir/letters.mbox"
fi
[ "$only" = prepare ] && exit 0

dotnet "$program" serve --config "$dir/posthorn.json" > "$dir/log" 2>&1 &
server=$!
trap 'kill $server; wait $server 2> /dev/null || true; [ -n "$given" ] || rm -rf "$dir"' EXIT
for _ in $(seq 100); do curl -sk -o /dev/null "https://localhost:$port/signin" && break; sleep 0.2; done
measure measure.mjs "https://localhost:$port" you@example.test "a long password"
