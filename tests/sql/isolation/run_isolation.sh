#!/bin/sh
# run_isolation.sh [--update] [name ...]
# Runs specs/NAME.spec with PostgreSQL's isolationtester against the database that psql's variables name, by default all of them, and
# compares what it prints with expected/NAME.out. --update writes what it prints there instead: read it before committing it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tester=$(pg_config --libdir)/pgxs/src/test/isolation/isolationtester
for candidate in "${STOCKD_TEST_PGBIN:-/nowhere}/../lib/pgxs/src/test/isolation/isolationtester" \
    /usr/lib/postgresql/*/lib/pgxs/src/test/isolation/isolationtester; do
    [ -x "$tester" ] || tester=$candidate
done
if [ ! -x "$tester" ]; then
    echo "isolationtester is missing: it comes with postgresql-client-15" >&2
    exit 1
fi
update=
if [ "${1:-}" = --update ]; then
    update=yes
    shift
fi
[ $# -gt 0 ] || set -- "$here"/specs/*.spec
psql -X -q -v ON_ERROR_STOP=1 -f "$here/../prepare.sql"
out=$(mktemp)
trap 'rm -f "$out"' EXIT
failed=0
for name in "$@"; do
    name=$(basename "$name" .spec)
    if ! PGTZ=UTC "$tester" "dbname=$PGDATABASE" < "$here/specs/$name.spec" > "$out" 2>&1; then
        echo "not ok - $name: isolationtester failed"
        cat "$out"
        failed=1
    elif [ -n "$update" ]; then
        cp "$out" "$here/expected/$name.out"
        echo "written - $name"
    elif ! diff -u "$here/expected/$name.out" "$out"; then
        echo "not ok - $name"
        failed=1
    else
        echo "ok - $name"
    fi
done
exit $failed
