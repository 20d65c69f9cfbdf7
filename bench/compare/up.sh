#!/usr/bin/env bash
# Builds a release of Posthorn and starts it under DIR for a comparison: loopback, high ports, users user0..user19@example.test with the
# password "secret". Writes DIR/target.json. Stop it with down.sh DIR.
set -euo pipefail

usage() {
    cat <<'TXT'
usage: up.sh DIR [--store sqlite|postgres] [--node-of OTHER] [--key rsa|ec] [--base-port N] [--no-cache] [--no-index] [--built]
  DIR          an empty folder, or one of an earlier run that was stopped
  --store      what holds the mail: sqlite (and files), or postgres: a cluster of its own in DIR/postgres, synced as PostgreSQL does by default, and an S3
               server with a bucket for large bodies (npm ci --prefix tests/Posthorn.Stores/s3 once)
  --node-of    one more node on the store of OTHER, where up.sh started one with --store postgres; with a --base-port of its own
  --key        the certificate's key: rsa (2048 bits) or ec (P-256); rsa
  --base-port  ports follow from it: N+25 smtp, N+587 submission, N+993 imaps ... (13000)
  --no-cache   verify every password anew, without the credential cache
  --no-index   without the search index, whose making would share the processors
  --built      start what was built before
TXT
}

[ $# -ge 1 ] || { usage >&2; exit 2; }
case "$1" in -h|--help) usage; exit 0 ;; esac
mkdir -p "$1"
dir=$(cd "$1" && pwd)
shift
store=sqlite key=rsa base=13000 cache=true built=false other= index=true
while [ $# -gt 0 ]; do
    case "$1" in
        --store) store=$2; shift 2 ;;
        --key) key=$2; shift 2 ;;
        --base-port) base=$2; shift 2 ;;
        --no-cache) cache=false; shift ;;
        --no-index) index=false; shift ;;
        --built) built=true; shift ;;
        --node-of) other=$(cd "$2" && pwd); shift 2 ;;
        *) usage >&2; exit 2 ;;
    esac
done
[ "$store" = sqlite ] || [ "$store" = postgres ] || { echo "up.sh: there is no store $store; sqlite and postgres are" >&2; exit 1; }

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
bin="$root/bench/compare/.build"
if [ $built = false ] || [ ! -f "$bin/posthorn.dll" ]; then
    echo "Building ..." >&2
    dotnet publish "$root/src/Posthorn" -c Release -r linux-x64 --self-contained false -p:PublishReadyToRun=true -p:MachineRelease=true \
        -o "$bin" -v quiet --nologo >&2
fi

chmod 755 "$dir"
connection= bodies=
if [ -n "$other" ]; then
    connection=$(sed -n 's/^  "store": "\(.*\)",$/\1/p' "$other/posthorn.json") bodies=$(grep '^  "bodies"' "$other/posthorn.json" || true)
    [ -n "$connection" ] || { echo "up.sh: $other has no store that nodes can share" >&2; exit 1; }
    store="postgres, one more node"
elif [ "$store" = postgres ]; then
    # PostgreSQL does not run as root.
    pgbin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
    as_owner() { if [ "$(id -u)" -eq 0 ]; then setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; else "$@"; fi; }
    mkdir -p "$dir/postgres"
    if [ "$(id -u)" -eq 0 ]; then chown postgres "$dir/postgres"; fi
    if [ ! -d "$dir/postgres/data" ]; then
        (cd "$dir/postgres" && as_owner "$pgbin/initdb" -D "$dir/postgres/data" -U posthorn -A trust -E UTF8 --locale=C.UTF-8 >/dev/null)
        printf "listen_addresses = ''\nunix_socket_directories = '%s'\nshared_buffers = 512MB\nmax_wal_size = 4GB\n" "$dir/postgres" >>"$dir/postgres/data/postgresql.conf"
    fi
    (cd "$dir/postgres" && as_owner "$pgbin/pg_ctl" -D "$dir/postgres/data" -l "$dir/postgres/log" -w start >/dev/null)
    psql -X -q -h "$dir/postgres" -U posthorn -d postgres -tc "SELECT 1 FROM pg_database WHERE datname = 'posthorn'" | grep -q 1 \
        || psql -X -q -h "$dir/postgres" -U posthorn -d postgres -c 'CREATE DATABASE posthorn'
    connection="Host=$dir/postgres;Username=posthorn;Database=posthorn"
    s3="$root/tests/Posthorn.Stores/s3"
    [ -d "$s3/node_modules" ] || { echo "up.sh: npm ci --prefix tests/Posthorn.Stores/s3" >&2; exit 1; }
    # It ends with its input; opened for writing too, that has no end. down.sh stops it.
    [ -p "$dir/s3.in" ] || mkfifo "$dir/s3.in"
    : >"$dir/s3.port"
    setsid nohup node "$s3/server.js" "$dir/s3" mail <>"$dir/s3.in" >"$dir/s3.port" 2>>"$dir/s3.log" &
    echo $! >"$dir/s3.pid"
    until [ -s "$dir/s3.port" ]; do kill -0 "$(cat "$dir/s3.pid")" || exit 1; sleep 0.1; done
    bodies='  "bodies": { "bucket": "mail", "endpoint": "http://127.0.0.1:'$(head -n 1 "$dir/s3.port")'", "accessKey": "S3RVER", "secretKey": "S3RVER" },'
fi
mkdir -p "$dir/tls"
if [ ! -f "$dir/tls/key.pem" ]; then
    case "$key" in
        rsa) new=(-newkey rsa:2048) ;;
        ec) new=(-newkey ec -pkeyopt ec_paramgen_curve:P-256) ;;
        *) usage >&2; exit 2 ;;
    esac
    openssl req -x509 "${new[@]}" -nodes -days 365 -subj /CN=mx.example.test -addext "subjectAltName=DNS:mx.example.test,DNS:localhost,IP:127.0.0.1" \
        -keyout "$dir/tls/key.pem" -out "$dir/tls/fullchain.pem" 2>/dev/null
fi

listener() { printf '    "%s": { "address": "127.0.0.1", "port": %d }' "$1" "$((base + $2))"; }
cat >"$dir/posthorn.json" <<JSON
// Made by bench/compare/up.sh. Only limits are raised: connections, connections of an address, and the back-off of sign-ins from loopback.
{
  "dataFolder": "data",
  "store": "$connection",
$bodies
  "hostName": "mx.example.test",
  "listeners": {
$(listener smtp 25),
$(listener submission 587),
$(listener submissions 465),
$(listener imap 143),
$(listener imaps 993),
$(listener pop3 110),
$(listener pop3s 995),
$(listener web 443),
$(listener metrics 90)
  },
  "tls": { "certificate": "tls/fullchain.pem", "key": "tls/key.pem" },
  "limits": { "maxConnections": 20000, "maxConnectionsPerAddress": 20000 },
  "signIn": { "exemptNetworks": ["127.0.0.0/8"], "credentialCache": $cache },
  "search": { "index": $index },
  "telemetry": { "logLevel": "Warning" }
}
JSON

posthorn() { dotnet "$bin/posthorn.dll" "$@" --config "$dir/posthorn.json"; }
if [ -z "$other" ] && [ ! -d "$dir/data" ]; then
    posthorn domain add example.test >/dev/null
    for n in $(seq 0 19); do echo secret | posthorn account add "user$n@example.test" --password-stdin >/dev/null; done
fi

cat >"$dir/start.sh" <<SH
#!/usr/bin/env bash
# Starts the server detached and returns when every port answers.
set -euo pipefail
cd "$dir"
setsid nohup dotnet "$bin/posthorn.dll" serve --config "$dir/posthorn.json" >>"$dir/log" 2>&1 </dev/null &
echo \$! >"$dir/posthorn.pid"
for port in $((base + 25)) $((base + 587)) $((base + 465)) $((base + 143)) $((base + 993)) $((base + 110)) $((base + 995)); do
    for try in \$(seq 300); do
        (exec 3<>/dev/tcp/127.0.0.1/\$port) 2>/dev/null && continue 2
        sleep 0.1
    done
    echo "port \$port does not answer; see $dir/log" >&2
    exit 1
done
SH
cat >"$dir/stop.sh" <<SH
#!/usr/bin/env bash
# Stops exactly the server that start.sh started.
pid=\$(cat "$dir/posthorn.pid" 2>/dev/null) || exit 0
kill "\$pid" 2>/dev/null || exit 0
for try in \$(seq 300); do kill -0 "\$pid" 2>/dev/null || exit 0; sleep 0.1; done
kill -9 "\$pid"
SH
printf '#!/usr/bin/env bash\n"%s/stop.sh" && "%s/start.sh"\n' "$dir" "$dir" >"$dir/restart.sh"
chmod +x "$dir"/*.sh
"$dir/start.sh"

pidfiles="\"$dir/posthorn.pid\""
if [ "$store" = postgres ]; then
    head -n 1 "$dir/postgres/data/postmaster.pid" >"$dir/postgres.pid"
    pidfiles="$pidfiles, \"$dir/postgres.pid\", \"$dir/s3.pid\""
    store="postgres, bucket"
fi
cat >"$dir/target.json" <<JSON
{
  "name": "posthorn",
  "host": "127.0.0.1",
  "smtp": $((base + 25)), "submission": $((base + 587)), "submissions": $((base + 465)),
  "imap": $((base + 143)), "imaps": $((base + 993)), "pop3": $((base + 110)), "pop3s": $((base + 995)),
  "web": "https://127.0.0.1:$((base + 443))/",
  "ca": "$dir/tls/fullchain.pem",
  "user": "user%d@example.test", "users": 20, "password": "secret",
  "scheme": "Argon2id m=19456 t=2 p=1, credential cache $([ $cache = true ] && echo on || echo off)",
  "key": "$key",
  "store": "$store",
  "pidfiles": [$pidfiles],
  "restart": "$dir/restart.sh"
}
JSON
echo "$dir/target.json"
