#!/bin/sh
# run_guards.sh [--part K/N] [name ...]
# For each guards/NAME.sql: makes a copy of the database, takes the guard out there as the file says, and runs the tests that its lines
# `-- missed by: pgtap/FILE.sql`, `-- missed by: isolation/NAME`, `-- missed by: engine/TEST` or `-- missed by: views/TEST` (of tests/system/engine and views) name. Each of them must fail, the last two in one of eight runs: a guard that no test misses is
# untested or useless. --part takes every N-th guard from the K-th on, so that several can run at once, each in a cluster of its own.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
part=0
parts=1
if [ "${1:-}" = --part ]; then
    part=$((${2%/*} - 1))
    parts=${2#*/}
    shift 2
fi
[ $# -gt 0 ] || set -- "$here"/*.sql
original=$PGDATABASE
copy=${original}_guard
out=$(mktemp)
failed=0
# A test that a missing guard leaves waiting is to end, and soon: nothing here has to wait so long when all is well.
PGOPTIONS="${PGOPTIONS:-} -c lock_timeout=8s"
STOCKD_TEST_WAIT_S=8
export PGOPTIONS STOCKD_TEST_WAIT_S
# What the pgTAP files share is made before the copies: each would make it again.
psql -X -q -v ON_ERROR_STOP=1 -f "$here/../prepare.sql"
drop_copy() {
    # Without a guard a spec may leave a prepared transaction behind.
    psql -X -q -d "$copy" -c "rollback prepared 'iso'" > /dev/null 2>&1 || true
    dropdb --if-exists --force --maintenance-db=postgres "$copy" 2> /dev/null
}
# A copy of the database without the guard. The change is made with the rights of the owners, and whatever it means to change must be there.
take_out() {
    drop_copy
    createdb --maintenance-db=postgres --template="$original" "$copy"
    psql -X -q -o /dev/null -v ON_ERROR_STOP=1 -d "$copy" -f "$here/edit.psql" -f "$here/$1.sql"
}
# Clients that race: without the guard they go wrong in most runs, not in each. So such a test may run several times until it fails, each
# time in a new copy.
races() {
    for _ in 1 2 3 4 5 6 7 8; do
        /usr/bin/python3 -m pytest -q -x -p no:cacheprovider -k "${2#*/}" "$here/../../system/${2%%/*}" || return 1
        take_out "$1"
    done
}
# shellcheck disable=SC2317  # the trap calls it
finish() {
    rm -f "$out"
    drop_copy
}
trap finish EXIT
number=0
for guard in "$@"; do
    number=$((number + 1))
    [ $(((number - 1) % parts)) -eq "$part" ] || continue
    guard=$(basename "$guard" .sql)
    take_out "$guard"
    export PGDATABASE="$copy"
    if ! grep -q '^-- missed by: ' "$here/$guard.sql"; then
        echo "not ok - $guard does not say what misses it"
        failed=1
    fi
    # shellcheck disable=SC2013  # one word a line
    for test in $(sed -n 's/^-- missed by: //p' "$here/$guard.sql"); do
        case $test in
            pgtap/*) "$here/../run_pgtap.sh" "$here/../$test" > "$out" 2>&1 && code=0 || code=1; sign='^not ok \|^Result: FAIL' ;;
            isolation/*) "$here/../isolation/run_isolation.sh" "${test#isolation/}" > "$out" 2>&1 && code=0 || code=1; sign='^not ok - ' ;;
            # What a fixture finds wrong after the test is an error of its own.
            engine/* | views/*) races "$guard" "$test" > "$out" 2>&1 && code=0 || code=1; sign='^FAILED\|^E  *AssertionError' ;;
            *) echo "$guard: what is $test?" >&2; exit 1 ;;
        esac
        # As psql says it, and as psycopg2 does.
        if grep 'ERROR: .*\(syntax error\|\(column\|function\|relation\) .* does not exist\)\|psycopg2\.errors\.\(SyntaxError\|Undefined[A-Za-z]*\): ' "$out"; then
            echo "not ok - what $guard leaves is no SQL"
            failed=1
        elif [ "$code" -ne 0 ] && grep -q "$sign" "$out"; then
            echo "ok - without $guard $test fails"
        else
            echo "not ok - without $guard $test still passes"
            cat "$out"
            failed=1
        fi
    done
    PGDATABASE=$original
done
exit $failed
