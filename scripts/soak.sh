#!/bin/sh
# usage: soak.sh BIN-DIRECTORY [argument of the soak]...
# Runs tests/simulation/soak on the built programs.
set -eu
bin=$(cd "$1" && pwd)
shift
cd "$(dirname "$0")/.."
export STOCKD_TEST_BIN="$bin" PYTHONPATH=tests/simulation:tests/support PYTHONDONTWRITEBYTECODE=1
exec /usr/bin/python3 -m soak "$@"
