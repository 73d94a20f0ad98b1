#!/bin/sh
# usage: run.sh BIN_DIR
# Starts stockd in the foreground: on the database of STOCKD_DATABASE_URL, or on a private cluster under var/ with the
# bundled sample.
set -eu
cd "$(dirname "$0")/.."
bin=$1
if [ -n "${STOCKD_DATABASE_URL:-}" ]; then
    if [ "${STOCKD_MIGRATE:-}" = 1 ]; then
        "$bin/stockctl" migrate
    fi
    exec "$bin/stockd"
fi
exec "$bin/stockd" --embedded var --sample data
