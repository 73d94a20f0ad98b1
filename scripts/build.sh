#!/bin/sh
# usage: build.sh PRESET [TARGET...]
# Configures and builds; without targets, everything. One at a time per preset: make run and make test may start together.
set -eu
cd "$(dirname "$0")/.."
preset=$1
shift
mkdir -p build
exec 9>"build/.lock-$preset"
flock -n 9 || {
    echo "Waiting for another build of $preset to end ..."
    flock 9
}
# Only when it is new or a file list changed does it print more than a line.
# make run needs only the packages of [run]: without the others, tests and benchmarks are left out.
have() { [ -z "$(scripts/packages.sh --missing "$1")" ] && echo ON || echo OFF; }
case "$preset" in
    asan | tsan | fuzz) bench=OFF ;;
    *) bench=$(have bench) ;;
esac
cmake --preset "$preset" "-DSTOCKD_TESTS=$(have test)" "-DSTOCKD_BENCH=$bench" >"build/.configure-$preset.log" 2>&1 || {
    cat "build/.configure-$preset.log" >&2
    exit 1
}
if [ $# -eq 0 ]; then
    cmake --build --preset "$preset"
else
    cmake --build --preset "$preset" --target "$@"
fi
