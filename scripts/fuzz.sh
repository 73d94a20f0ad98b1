#!/bin/sh
# usage: fuzz.sh BIN_DIR SECONDS
# Lets each fuzz target look for inputs for so long, beginning from tests/fuzz/corpus. New inputs that reach new code go to
# build/fuzz-found/NAME; one that fails goes to build/fuzz-failed/NAME, with the command that replays it.
set -u
cd "$(dirname "$0")/.." || exit 1
bin=$1
seconds=$2
failed=0
for program in "$bin"/fuzz_*; do
    name=${program##*/fuzz_}
    mkdir -p "build/fuzz-found/$name" "build/fuzz-failed/$name"
    echo "fuzz $name: $seconds s"
    if ! "$program" -max_total_time="$seconds" -max_len=8192 -timeout=10 -print_final_stats=0 -verbosity=0 \
        -artifact_prefix="build/fuzz-failed/$name/" "build/fuzz-found/$name" "tests/fuzz/corpus/$name" 2>"build/fuzz-failed/$name.log"; then
        failed=1
        tail -30 "build/fuzz-failed/$name.log"
        for input in "build/fuzz-failed/$name"/*; do
            [ -e "$input" ] && echo "replay with: $program $input"
        done
    fi
done
[ "$failed" = 0 ] && echo "fuzz: nothing failed"
exit $failed
