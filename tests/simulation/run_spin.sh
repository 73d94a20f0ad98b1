#!/bin/sh
# run_spin.sh MODEL pass|fail [-DNAME ...]
# Checks every state of a Promela model with spin. pass: no error must be found. fail: one must be, because a guard is out.
set -eu
model=$(realpath "$1")
expected=$2
shift 2
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"
spin "$@" -a "$model"
"${CC:-cc}" -O2 -DSAFETY -o pan pan.c
./pan -m1000000 > out 2>&1
cat out
if grep -q "max search depth too small\|out of memory" out || ! grep -q "errors: " out; then
    echo "the search did not come to an end" >&2
    exit 1
fi
if grep -q "errors: 0" out; then found=pass; else found=fail; fi
[ "$found" = "$expected" ] || { echo "expected the model to $expected" >&2; exit 1; }
