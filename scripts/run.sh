#!/bin/sh
# usage: run.sh BIN_DIR
# Starts stockd in the foreground: on the database of STOCKD_DATABASE_URL, or on a private cluster under var/ with the
# bundled sample.
set -eu
cd "$(dirname "$0")/.."
bin=$1
if [ -n "${STOCKD_DATABASE_URL:-}" ]; then
    # As stockd prints it: without a password.
    settings=$("$bin/stockd" --print-config)
    echo "STOCKD_DATABASE_URL is set, so stockd follows $(echo "$settings" | sed -n 's/^database_url = //p')"
    case "$STOCKD_DATABASE_URL" in
        *host="$(pwd -P)"/var/socket* | *host=/var/lib/stockd/*/socket* | *host=/tmp/stockd-*)
            # Where a private cluster has its socket. It runs only as long as its stockd does.
            answers=0
            pg_isready -q -d "$STOCKD_DATABASE_URL" || answers=$?
            if [ $answers -eq 2 ]; then
                echo "That is a private database, which does not run. To start the one of this folder: unset STOCKD_DATABASE_URL" >&2
                exit 1
            fi
            ;;
    esac
    if [ "${STOCKD_MIGRATE:-}" = 1 ]; then
        "$bin/stockctl" migrate
    fi
    exec "$bin/stockd"
fi
exec "$bin/stockd" --embedded var --sample data
