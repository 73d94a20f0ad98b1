#!/bin/sh
# usage: with_pooler.sh COMMAND ...
# Runs the command with a pgbouncer in transaction mode before the database that psql's variables name. The tests' clients find it by
# STOCKD_TEST_POOLER (the folder of its socket). It runs as the server's user when we are root, because it refuses to run as root.
set -eu
folder=$(mktemp -d)
pooler=
# shellcheck disable=SC2317  # the trap calls it
finish() {
    [ -z "$pooler" ] || kill "$pooler" 2> /dev/null || true
    rm -rf "$folder"
}
trap finish EXIT
cat > "$folder/pgbouncer.ini" << END
[databases]
$PGDATABASE = host=$PGHOST port=$PGPORT user=$PGUSER
[pgbouncer]
pool_mode = transaction
auth_type = any
listen_addr =
unix_socket_dir = $folder
listen_port = $PGPORT
default_pool_size = 80
max_client_conn = 500
ignore_startup_parameters = extra_float_digits,options
END
if [ "$(id -u)" = 0 ]; then
    chown -R "$STOCKD_TEST_PGOSUSER" "$folder"
    setpriv --reuid="$STOCKD_TEST_PGOSUSER" --regid="$STOCKD_TEST_PGOSUSER" --clear-groups \
        /usr/sbin/pgbouncer -q "$folder/pgbouncer.ini" > "$folder/log" 2>&1 &
else
    /usr/sbin/pgbouncer -q "$folder/pgbouncer.ini" > "$folder/log" 2>&1 &
fi
pooler=$!
tries=0
until psql -X -q -h "$folder" -c 'select 1' > /dev/null 2>&1; do
    tries=$((tries + 1))
    if [ "$tries" -gt 300 ] || ! kill -0 "$pooler" 2> /dev/null; then
        echo "pgbouncer does not answer. It said:" >&2
        cat "$folder/log" >&2
        exit 1
    fi
    sleep 0.1
done
STOCKD_TEST_POOLER=$folder
export STOCKD_TEST_POOLER
"$@"
