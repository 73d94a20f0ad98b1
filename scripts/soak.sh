#!/bin/sh
# usage: soak.sh BIN-DIRECTORY (soak | engine_soak) [argument of it]...
# Runs tests/simulation/soak, or engine_soak, on the built programs.
set -eu
bin=$(cd "$1" && pwd)
shift
cd "$(dirname "$0")/.."
export STOCKD_TEST_BIN="$bin" PYTHONPATH=tests/simulation:tests/support PYTHONDONTWRITEBYTECODE=1
exec /usr/bin/python3 -m "$@"
