#!/bin/sh
# run_pgtap.sh [file.sql ...]
# Runs pgTAP files against the migrated database that psql's variables name, by default all of pgtap/. Makes what they share
# first: the extensions and the schema test, neither of which the product needs.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
psql -X -q -v ON_ERROR_STOP=1 -f "$here/prepare.sql"
[ $# -gt 0 ] || set -- "$here"/pgtap/*.sql
# UTC and a fixed style, whatever the machine has.
PGTZ=UTC PGOPTIONS="${PGOPTIONS:-} -c lc_messages=C" exec pg_prove --failures "$@"
