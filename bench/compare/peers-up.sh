#!/usr/bin/env bash
# Starts a private Postfix and Dovecot from Debian under DIR, to compare with: loopback, high ports, users user0..user19@example.test with the password
# "secret", everything that makes mail durable as Debian ships it. Writes DIR/target.json. Stop them with peers-down.sh DIR. Needs root.
set -euo pipefail

usage() {
    cat <<'TXT'
usage: peers-up.sh DIR [--base-port N]
  DIR          an empty folder that other users may enter
  --base-port  ports follow from it: N+25 smtp, N+587 submission, N+993 imaps, N+995 pop3s (16000)
TXT
}

[ $# -ge 1 ] || { usage >&2; exit 2; }
case "$1" in -h|--help) usage; exit 0 ;; esac
[ "$(id -u)" -eq 0 ] || { echo "peers-up.sh: Postfix and Dovecot start as root only" >&2; exit 1; }
mkdir -p "$1"
dir=$(cd "$1" && pwd)
shift
base=16000
while [ $# -gt 0 ]; do
    case "$1" in
        --base-port) base=$2; shift 2 ;;
        *) usage >&2; exit 2 ;;
    esac
done

PATH="$PATH:/usr/sbin:/sbin"
missing=()
for tool in postfix:postfix smtp-source:postfix dovecot:dovecot-core openssl:openssl; do
    command -v "${tool%%:*}" >/dev/null || missing+=("${tool##*:}")
done
for module in imapd:dovecot-imapd pop3d:dovecot-pop3d lmtpd:dovecot-lmtpd; do
    dpkg -s "${module##*:}" >/dev/null 2>&1 || missing+=("${module##*:}")
done
[ ${#missing[@]} -eq 0 ] || { echo "peers-up.sh: apt-get install --no-install-recommends ${missing[*]}" >&2; exit 1; }
id vmail >/dev/null 2>&1 || useradd --system --no-create-home --shell /usr/sbin/nologin vmail

chmod 755 "$dir"
mkdir -p "$dir"/{tls,postfix,queue,data,dovecot,run,mail}
chown postfix "$dir/data"
chown vmail "$dir/mail"
[ -f "$dir/tls/key.pem" ] || openssl req -x509 -newkey rsa:2048 -nodes -days 365 -subj /CN=mx.example.test \
    -addext "subjectAltName=DNS:mx.example.test,DNS:localhost,IP:127.0.0.1" -keyout "$dir/tls/key.pem" -out "$dir/tls/cert.pem" 2>/dev/null

# Dovecot. Raised: connections of a user, clients and processes. Login processes serve many clients each, the mode its manual gives for many logins.
cat >"$dir/dovecot/dovecot.conf" <<CONF
base_dir = $dir/run
log_path = $dir/dovecot.log
protocols = imap pop3 lmtp
listen = 127.0.0.1
ssl = required
ssl_cert = <$dir/tls/cert.pem
ssl_key = <$dir/tls/key.pem
mail_location = sdbox:~/sdbox
first_valid_uid = 1
mail_max_userip_connections = 5000
auth_mechanisms = plain
passdb {
  driver = passwd-file
  args = scheme=CRYPT username_format=%u $dir/dovecot/users
}
userdb {
  driver = static
  args = uid=vmail gid=vmail home=$dir/mail/%u
}
service imap-login {
  service_count = 0
  process_min_avail = 2
  client_limit = 5000
  inet_listener imap {
    port = $((base + 143))
  }
  inet_listener imaps {
    port = $((base + 993))
    ssl = yes
  }
}
service pop3-login {
  service_count = 0
  client_limit = 5000
  inet_listener pop3 {
    port = $((base + 110))
  }
  inet_listener pop3s {
    port = $((base + 995))
    ssl = yes
  }
}
service imap {
  process_limit = 5000
}
service pop3 {
  process_limit = 1000
}
service anvil {
  client_limit = 20000
}
service auth {
  client_limit = 20000
  unix_listener $dir/run/postfix-auth {
    mode = 0666
  }
}
service lmtp {
  unix_listener $dir/run/postfix-lmtp {
    mode = 0666
  }
}
namespace inbox {
  inbox = yes
}
CONF
hash=$(doveadm -c "$dir/dovecot/dovecot.conf" pw -s CRYPT -p secret)
for n in $(seq 0 19); do echo "user$n@example.test:$hash"; done >"$dir/dovecot/users"
chmod 644 "$dir/dovecot/users"

# Postfix, handing over to Dovecot by LMTP. Limits and durability as shipped.
cat >"$dir/postfix/main.cf" <<CONF
compatibility_level = 3.6
queue_directory = $dir/queue
data_directory = $dir/data
maillog_file = $dir/postfix.log
maillog_file_prefixes = $dir
myhostname = mx.example.test
mydestination =
mynetworks =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
virtual_mailbox_domains = example.test
virtual_transport = lmtp:unix:$dir/run/postfix-lmtp
smtpd_tls_cert_file = $dir/tls/cert.pem
smtpd_tls_key_file = $dir/tls/key.pem
smtpd_tls_security_level = may
smtpd_sasl_type = dovecot
smtpd_sasl_path = $dir/run/postfix-auth
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
CONF
cat >"$dir/postfix/master.cf" <<CONF
$((base + 25)) inet n - n - - smtpd
$((base + 587)) inet n - n - - smtpd -o smtpd_tls_security_level=encrypt -o smtpd_sasl_auth_enable=yes -o smtpd_tls_auth_only=yes
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
tlsmgr unix - - n 1000? 1 tlsmgr
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
CONF

cat >"$dir/start.sh" <<SH
#!/usr/bin/env bash
# Starts both and returns when every port answers.
set -euo pipefail
PATH="\$PATH:/usr/sbin:/sbin"
dovecot -c "$dir/dovecot/dovecot.conf" </dev/null >/dev/null 2>&1
postfix -c "$dir/postfix" start </dev/null >/dev/null 2>&1
for port in $((base + 25)) $((base + 587)) $((base + 993)) $((base + 995)); do
    for try in \$(seq 300); do
        (exec 3<>/dev/tcp/127.0.0.1/\$port) 2>/dev/null && continue 2
        sleep 0.1
    done
    echo "port \$port does not answer; see $dir/*.log" >&2
    exit 1
done
SH
cat >"$dir/stop.sh" <<SH
#!/usr/bin/env bash
# Stops exactly the two that start.sh started.
PATH="\$PATH:/usr/sbin:/sbin"
postfix -c "$dir/postfix" stop </dev/null >/dev/null 2>&1
doveadm -c "$dir/dovecot/dovecot.conf" stop </dev/null >/dev/null 2>&1
for try in \$(seq 100); do [ -e "$dir/run/master.pid" ] || break; sleep 0.1; done
exit 0
SH
printf '#!/usr/bin/env bash\n"%s/stop.sh" && "%s/start.sh"\n' "$dir" "$dir" >"$dir/restart.sh"
chmod +x "$dir"/*.sh
"$dir/start.sh"

cat >"$dir/target.json" <<JSON
{
  "name": "postfix+dovecot",
  "host": "127.0.0.1",
  "smtp": $((base + 25)), "submission": $((base + 587)),
  "imap": $((base + 143)), "imaps": $((base + 993)), "pop3": $((base + 110)), "pop3s": $((base + 995)),
  "ca": "$dir/tls/cert.pem",
  "user": "user%d@example.test", "users": 20, "password": "secret",
  "scheme": "CRYPT as doveadm pw makes it (${hash:0:11}...)",
  "key": "rsa",
  "store": "sdbox",
  "pidfiles": ["$dir/run/master.pid", "$dir/queue/pid/master.pid"],
  "restart": "$dir/restart.sh"
}
JSON
echo "$dir/target.json"
