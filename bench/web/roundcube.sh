#!/usr/bin/env bash
# Roundcube from Debian over a Dovecot mailbox with the same letters: bytes, requests, and time to the inbox and to an opened message.
# roundcube.sh [--letters N] [--rounds N] [--prepare DIR | --measure DIR]; needs root, for the peers. Packages: roundcube-core
# roundcube-sqlite3 php-fpm nginx-light, and those of bench/compare/peers-up.sh.
set -euo pipefail
. "$(dirname "$0")/options.sh"
PATH="$PATH:/usr/sbin:/sbin"
fpm=$(ls /usr/sbin/php-fpm* | sort -V | tail -n 1)
chmod 755 "$dir"
stop() {
  for pid in nginx fpm; do [ ! -e "$dir/$pid.pid" ] || kill "$(cat "$dir/$pid.pid")" 2> /dev/null || true; done
  "$here/../compare/peers-down.sh" "$dir/peers" || true
  [ -n "$given" ] || rm -rf "$dir"
}
trap stop EXIT

"$here/../compare/peers-up.sh" "$dir/peers" --base-port 19000 > /dev/null
if [ "$only" != measure ]; then
  write_letters
  chmod 644 "$dir/letters.mbox"
  doveadm -c "$dir/peers/dovecot/dovecot.conf" import -u user0@example.test "mbox:~/none:INBOX=$dir/letters.mbox" "" ALL
  rm "$dir/letters.mbox"

  mkdir -p "$dir"/{config,temp,logs,run}
  # As Debian ships it, but for the addresses and a database of its own.
  cp -L /etc/roundcube/defaults.inc.php /etc/roundcube/mimetypes.php "$dir/config/"
  cat > "$dir/config/config.inc.php" <<PHP
<?php
\$config = [];
\$config['db_dsnw'] = 'sqlite:///$dir/run/roundcube.db?mode=0640';
\$config['imap_host'] = 'ssl://localhost:19993';
\$config['imap_conn_options'] = ['ssl' => ['verify_peer' => false, 'verify_peer_name' => false]];
\$config['smtp_host'] = 'tls://localhost:19587';
\$config['des_key'] = 'rcmail-24ByteDESkey*Strg';
\$config['plugins'] = ['archive', 'zipdownload'];
\$config['skin'] = 'elastic';
\$config['language'] = 'en_US';
\$config['temp_dir'] = '$dir/temp/';
\$config['log_dir'] = '$dir/logs/';
PHP
  sqlite3 "$dir/run/roundcube.db" < /usr/share/roundcube/SQL/sqlite.initial.sql 2> /dev/null \
    || python3 -c 'import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript(open("/usr/share/roundcube/SQL/sqlite.initial.sql").read())' "$dir/run/roundcube.db"
  cat > "$dir/fpm.conf" <<INI
[global]
pid = $dir/fpm.pid
error_log = $dir/fpm.log
[www]
user = www-data
group = www-data
listen = $dir/run/fpm.sock
listen.owner = www-data
pm = static
pm.max_children = 4
env[ROUNDCUBE_CONFIG_DIR] = $dir/config/
INI
  cat > "$dir/nginx.conf" <<NGINX
pid $dir/nginx.pid;
error_log $dir/nginx.log;
user www-data;
worker_processes 2;
events { worker_connections 512; }
http {
  include /etc/nginx/mime.types;
  access_log off;
  gzip on;
  gzip_types text/css application/javascript application/json;
  client_body_temp_path $dir/run/body; proxy_temp_path $dir/run/proxy; fastcgi_temp_path $dir/run/fastcgi; uwsgi_temp_path $dir/run/uwsgi; scgi_temp_path $dir/run/scgi;
  server {
    listen 127.0.0.1:19443 ssl http2;
    ssl_certificate $dir/peers/tls/cert.pem;
    ssl_certificate_key $dir/peers/tls/key.pem;
    root /var/lib/roundcube/public_html;
    index index.php;
    location ~ \.php(/|\$) {
      fastcgi_split_path_info ^(.+?\.php)(/.*)\$;
      fastcgi_pass unix:$dir/run/fpm.sock;
      include /etc/nginx/fastcgi_params;
      fastcgi_param SCRIPT_FILENAME \$document_root\$fastcgi_script_name;
      fastcgi_param PATH_INFO \$fastcgi_path_info;
      fastcgi_param HTTPS on;
    }
  }
}
NGINX
  chown -R www-data "$dir"/{config,temp,logs,run}
fi
[ "$only" = prepare ] && exit 0

"$fpm" --fpm-config "$dir/fpm.conf" --daemonize
nginx -c "$dir/nginx.conf"
measure measure-roundcube.mjs "https://localhost:19443" user0@example.test secret
