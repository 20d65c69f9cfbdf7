#!/usr/bin/env bash
# Moves a store of many messages from SQLite and files to PostgreSQL and a bucket, and back, with a second run of each and incremental backups between, and compares the digest of every
# table. Needs PostgreSQL and `npm ci --prefix tests/Posthorn.Stores/s3`.
#   tests/soak/move.sh [MESSAGES]
set -euo pipefail
messages=${1:-100000}
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
dotnet build src/Posthorn -c Release -v quiet --nologo
folder=$(mktemp -d)
chmod 755 "$folder"
pgbin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
as_owner() { if [ "$(id -u)" -eq 0 ]; then setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; else "$@"; fi; }
mkdir "$folder/pg"
if [ "$(id -u)" -eq 0 ]; then chown postgres "$folder/pg"; fi
(cd "$folder/pg" && as_owner "$pgbin/initdb" -D data -U posthorn -A trust -E UTF8 --locale=C.UTF-8 >/dev/null)
(cd "$folder/pg" && as_owner "$pgbin/pg_ctl" -D data -w -l log -o "-c listen_addresses= -k $folder/pg -c max_wal_size=4GB -c shared_buffers=256MB" start >/dev/null)
psql -X -q -h "$folder/pg" -U posthorn -d postgres -c "CREATE DATABASE posthorn TEMPLATE template0"
mkfifo "$folder/s3in"
cp tests/Posthorn.Stores/s3/server.js "$folder/server.js"
NODE_PATH=tests/Posthorn.Stores/s3/node_modules node "$folder/server.js" "$folder/s3" mail <"$folder/s3in" >"$folder/s3port" &
exec 7>"$folder/s3in"
stop() { exec 7>&-; (cd / && as_owner "$pgbin/pg_ctl" -D "$folder/pg/data" -m fast stop >/dev/null); rm -rf "$folder"; }
trap stop EXIT
until [ -s "$folder/s3port" ]; do sleep 0.1; done

posthorn() { dotnet src/Posthorn/bin/Release/net10.0/posthorn.dll "$@"; }
timed() { local what=$1 started; shift; started=$(date +%s%N); "$@"; echo "== $what: $(( ($(date +%s%N) - started) / 1000000 )) ms"; }
bucket='"bodies": { "bucket": "mail", "endpoint": "http://127.0.0.1:'$(head -n 1 "$folder/s3port")'", "accessKey": "S3RVER", "secretKey": "S3RVER" }'
echo '{ "hostName": "mx.example.test", "dataFolder": "here" }' >"$folder/here.json"
echo '{ "hostName": "mx.example.test", "dataFolder": "node", "store": "Host='"$folder"'/pg;Username=posthorn;Database=posthorn", '"$bucket"' }' >"$folder/there.json"
echo '{ "hostName": "mx.example.test", "dataFolder": "back" }' >"$folder/back.json"
posthorn domain add example.test --config "$folder/here.json" >/dev/null
echo secret | posthorn account add you@example.test --password-stdin --config "$folder/here.json" >/dev/null
# Every hundredth is large: it goes into the bucket.
python3 - "$messages" >"$folder/mail.mbox" <<'PY'
import random, sys
chance = random.Random(1)
for n in range(int(sys.argv[1])):
    print("From sender@example.net Tue Nov 24 10:00:00 2026\nFrom: sender@example.net\nTo: you@example.test\nDate: Tue, 24 Nov 2026 10:00:00 +0000\nSubject: message %d\nMessage-ID: <soak-%d@example.net>\n" % (n, n))
    for line in range(1400 if n % 100 == 0 else 20):
        print("line %d of message %d: %x and some words" % (line, n, chance.getrandbits(160)))
    print()
PY
timed "import of $messages messages" posthorn import mbox "$folder/mail.mbox" --account you@example.test --config "$folder/here.json" >/dev/null
rm "$folder/mail.mbox"
timed "first backup (SQLite)" posthorn backup "$folder/backup-here" --config "$folder/here.json"
timed "second backup (SQLite)" posthorn backup "$folder/backup-here" --config "$folder/here.json"
timed "verify" posthorn restore --verify "$folder/backup-here" --config "$folder/here.json"
timed "move to PostgreSQL and a bucket" posthorn move-store --to-config "$folder/there.json" --config "$folder/here.json"
timed "the same again" posthorn move-store --to-config "$folder/there.json" --config "$folder/here.json"
timed "first backup (PostgreSQL)" posthorn backup "$folder/backup-there" --config "$folder/there.json"
timed "second backup (PostgreSQL)" posthorn backup "$folder/backup-there" --config "$folder/there.json"
timed "move back" posthorn move-store --to-config "$folder/back.json" --config "$folder/there.json"
timed "the same again" posthorn move-store --to-config "$folder/back.json" --config "$folder/there.json"
timed "check" posthorn check --config "$folder/back.json"
posthorn backup "$folder/backup-back" --config "$folder/back.json" >/dev/null
python3 - "$folder" <<'PY'
import json, sys
here, there, back = (json.load(open("%s/backup-%s/backup.json" % (sys.argv[1], name)))["Tables"] for name in ("here", "there", "back"))
different = [table for table in here if not here[table] == there.get(table) == back.get(table)]
print("%d tables, %d rows: %s" % (len(here), sum(table["Rows"] for table in here.values()), "the same digests in all three" if not different else "DIFFERENT: " + ", ".join(different)))
sys.exit(1 if different else 0)
PY
