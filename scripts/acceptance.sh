#!/bin/sh
# usage: acceptance.sh BIN_DIR
# Brings the whole of the large data sets into a throw-away cluster, by import while a stockd follows and by the engine's functions, and
# compares. STOCKD_TEST_DATA names their folder.
set -eu
cd "$(dirname "$0")/.."
if [ -z "${STOCKD_TEST_DATA:-}" ]; then
    echo "acceptance: STOCKD_TEST_DATA is not set; it must name the folder of the large data sets" >&2
    exit 2
fi
STOCKD_TEST_BIN=$(cd "$1" && pwd)
export STOCKD_TEST_BIN
ACCEPTANCE=whole
export ACCEPTANCE
exec "$STOCKD_TEST_BIN/with_cluster" -- /usr/bin/python3 -m pytest -v -rs -p no:cacheprovider --durations=0 tests/acceptance
