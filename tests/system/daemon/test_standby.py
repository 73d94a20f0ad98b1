"""A standby's snapshots do not list what is in progress, so nobody may follow there (S1): it refuses, until it is promoted."""

import contextlib
import os
import shutil
import subprocess
import tempfile

import psycopg2
import pytest

from conftest import Stockd, wait_for

PGBIN = os.environ["STOCKD_TEST_PGBIN"]
PORT = "5432"  # of a Unix socket in a folder of its own: no other server is there


def as_postgres(*command):
    user = os.environ.get("STOCKD_TEST_PGOSUSER")
    subprocess.run([*(["runuser", "-u", user, "--"] if user else []), *command], check=True, timeout=120, cwd="/", stdout=subprocess.DEVNULL)


@pytest.fixture(name="standby")
def make_standby():
    """The folder of the socket of a standby of the test's server."""
    folder = tempfile.mkdtemp(prefix="stockd-standby-", dir="/tmp")
    if user := os.environ.get("STOCKD_TEST_PGOSUSER"):
        shutil.chown(folder, user)
    os.chmod(folder, 0o755)
    data = os.path.join(folder, "data")
    as_postgres(os.path.join(PGBIN, "pg_basebackup"), "-D", data, "--checkpoint=fast", "--write-recovery-conf", "--no-sync")
    # A standby needs at least its primary's room for these, which are no part of the copied files here.
    with contextlib.closing(psycopg2.connect(dbname="postgres")) as primary, primary.cursor() as cursor:
        cursor.execute(
            "select string_agg(format('-c %s=%s', name, setting), ' ') from pg_settings"
            " where name in ('max_connections', 'max_prepared_transactions')"
        )
        (room,) = cursor.fetchone()
    pg_ctl = (os.path.join(PGBIN, "pg_ctl"), "-D", data, "-w")
    try:
        as_postgres(*pg_ctl, "-o", f"-c listen_addresses= -k {folder} -p {PORT} {room}", "-l", os.path.join(folder, "log"), "start")
        yield folder
        as_postgres(*pg_ctl, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


def at(standby, database):
    connection = psycopg2.connect(host=standby, port=PORT, dbname=database)
    connection.autocommit = True
    return contextlib.closing(connection)


def test_a_standby_is_refused_until_it_is_promoted(tmp_path, migrated, standby):
    with at(standby, migrated) as connection, connection.cursor() as cursor:
        for call in ("select inventory.incarnation()", "select * from inventory.feed_after(null, 10)"):
            with pytest.raises(psycopg2.Error) as refused:
                cursor.execute(call)
            assert refused.value.pgcode == "SD004", call
    url = f"host={standby} port={PORT} dbname={migrated}"
    with Stockd(tmp_path, STOCKD_DATABASE_URL=url) as stockd:
        wait_for(lambda: "the server is a standby" in stockd.log(), "the refusal in the log")
        assert stockd.ready()[0] is False
        assert stockd.get("/api/inventory/P")[0] == 503
        as_postgres(os.path.join(PGBIN, "pg_ctl"), "-D", os.path.join(standby, "data"), "-w", "promote")
        stockd.wait_until_ready()
        assert stockd.get("/api/inventory/P")[0] == 200
