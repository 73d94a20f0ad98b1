"""A real PostgreSQL whose postmaster is ours to kill: started directly, never through pg_ctl or a service."""

import glob
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess

import psycopg2

from soak.report import wait_for

DATABASE = "soak"
SETTINGS = """
listen_addresses = '127.0.0.1'
fsync = off
max_connections = 100
max_prepared_transactions = 30
# What SERIALIZABLE has read is kept until everybody who was there has ended: with a health check of a large store among them, the default of 64 was not enough.
max_pred_locks_per_transaction = 1024
max_wal_senders = 4
wal_level = replica
wal_writer_delay = 5s
wal_writer_flush_after = 64MB
shared_buffers = 64MB
deadlock_timeout = 200ms
log_line_prefix = '%m [%p] %a '
idle_in_transaction_session_timeout = 60s
"""
HBA = """
local all all trust
local replication all trust
host all all 127.0.0.1/32 scram-sha-256
"""


def is_lost(error, connection):
    """Whether this is the end of the connection. It has many faces: in a COPY a DatabaseError without any SQLSTATE."""
    if connection is None or connection.closed:
        return True
    if error.pgcode is None:
        return not isinstance(error, psycopg2.ProgrammingError)
    return error.pgcode[:2] in ("57", "08")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def pg_bin():
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[4]))
    return os.environ.get("STOCKD_TEST_PGBIN") or found[-1]


def as_user():
    """Arguments of setpriv: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return []
    entry = pwd.getpwnam("postgres")
    return [f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--init-groups"]


def children_of(pid):
    found = []
    for stat in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(stat, encoding="utf-8", errors="replace") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.append(int(stat.split("/")[2]))
    return found


def state_of(pid):
    """As /proc says it: "T" is stopped, "Z" a zombie, "" gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def is_alive(pid):
    return state_of(pid) not in ("", "Z")


class Server:
    """One data directory and its postmaster."""

    def __init__(self, cluster, data):
        self.cluster = cluster
        self.data = data
        self.port = free_port()
        self.process = None

    def start(self):
        with open(os.path.join(self.cluster.folder, "postgresql.log"), "ab") as log:
            self.process = subprocess.Popen(
                [
                    "setpriv", "--pdeathsig", "QUIT", *as_user(), os.path.join(pg_bin(), "postgres"),
                    "-D", self.data, "-p", str(self.port), "-k", self.cluster.sockets,
                ],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True,
            )  # fmt: skip
        return self

    def wait_until_up(self, deadline_s=60):
        wait_for(self.answers, "the database to be up", self.cluster.report, deadline_s)

    def answers(self):
        if self.process.poll() is not None:
            self.cluster.report.fail(f"the database ended by itself with {self.process.returncode}", self.cluster.log_tail())
        try:
            self.connect().close()
            return True
        except psycopg2.OperationalError:
            return False

    def connect(self, user="postgres", database=DATABASE, **options):
        connection = psycopg2.connect(
            host=self.cluster.sockets, port=self.port, user=user, dbname=database, connect_timeout=10, **options
        )
        connection.autocommit = True
        return connection

    def kill(self):
        """kill -9 of the postmaster; its children notice, and are helped along."""
        # Stopped first: a child that it made after the look would live on, and while one does the next server refuses to start.
        self.process.send_signal(signal.SIGSTOP)
        wait_for(lambda: state_of(self.process.pid) == "T", "the server to stand still", self.cluster.report)
        children = children_of(self.process.pid)
        self.process.kill()
        self.process.wait()
        for child in children:
            try:
                if is_alive(child):
                    os.kill(child, signal.SIGKILL)
            except ProcessLookupError:
                pass
        wait_for(lambda: not any(map(is_alive, children)), "the end of the killed server", self.cluster.report)

    def stop_immediate(self):
        """No checkpoint and no last flush: what asynchronous commits had not written is gone."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait()

    def close(self):
        if self.process and self.process.poll() is None:
            self.stop_immediate()


class Cluster:
    """The primary of now, and what it takes to replace it."""

    def __init__(self, folder, report):
        self.folder = folder
        self.report = report
        self.sockets = os.path.join(folder, "sockets")
        self.password = secrets.token_hex(16)
        self._made = 0
        for path in (self.sockets, os.path.join(folder, "servers")):
            os.mkdir(path, 0o700)
            self._give(path)
        self.primary = None
        self.standby = None

    def log_tail(self):
        with open(os.path.join(self.folder, "postgresql.log"), encoding="utf-8", errors="replace") as file:
            return file.read()[-2000:]

    def _give(self, path):
        if os.geteuid() == 0:
            shutil.chown(path, "postgres", "postgres")

    def _new_data(self):
        self._made += 1
        return os.path.join(self.folder, "servers", str(self._made))

    def _run(self, program, *arguments):
        done = subprocess.run(
            ["setpriv", *as_user(), "--pdeathsig", "KILL", os.path.join(pg_bin(), program), *arguments],
            capture_output=True, text=True, cwd="/", timeout=120, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise psycopg2.OperationalError(f"{program}: {done.stderr}")

    def create(self):
        data = self._new_data()
        self._run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        with open(os.path.join(data, "postgresql.conf"), "a", encoding="utf-8") as file:
            file.write(SETTINGS)
        with open(os.path.join(data, "pg_hba.conf"), "w", encoding="utf-8") as file:
            file.write(HBA)
        self.primary = Server(self, data).start()
        wait_for(lambda: self._answers_at_all(), "the new cluster", self.report)
        with self.primary.connect(database="postgres").cursor() as cursor:
            cursor.execute(f"create database {DATABASE}")

    def _answers_at_all(self):
        try:
            self.primary.connect(database="postgres").close()
            return True
        except psycopg2.OperationalError:
            return False

    def backup(self, *options):
        """A base backup of the primary; where it is."""
        data = self._new_data()
        self._run(
            "pg_basebackup", "-D", data, "-h", self.sockets, "-p", str(self.primary.port), "-U", "postgres",
            "--checkpoint=fast", "--no-sync", *options,
        )  # fmt: skip
        return data

    def replace_primary(self, data):
        """The primary's place is taken by this data directory, on the same port, and the old one is gone."""
        port, old = self.primary.port, self.primary.data
        self.primary.data = data
        self.primary.port = port
        self.primary.start()
        self.primary.wait_until_up()
        shutil.rmtree(old, ignore_errors=True)

    def close(self):
        for server in (self.primary, self.standby):
            if server:
                server.close()
