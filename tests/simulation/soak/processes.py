"""The programs under test: stockd, and the witness that prints every state it publishes."""

import http.client
import json
import os
import queue
import re
import signal
import subprocess
import threading

from soak.gate import Gate
from soak.report import Failed, put, wait_for

BIN = os.environ["STOCKD_TEST_BIN"]
ADDRESSES = re.compile(r"HTTP on (\S+):(\d+), admin on (\S+):(\d+)")
NEVER = "1h"
FAULTY = re.compile(r".*(Sanitizer|runtime error: |Assertion .* failed|terminate called).*")
#: Requests in flight have 5 s; a sanitizer looks for leaks at the end.
STOPPED_WITHIN_S = 30


class Program:
    """Runs behind a gate of its own, dies with us, and can be killed, frozen and started again."""

    def __init__(self, name, cluster, report):
        self.name = name
        self.cluster = cluster
        self.report = report
        self.gate = Gate(cluster)
        self.log_path = os.path.join(cluster.folder, name + ".log")
        self.log_from = 0
        self.process = None

    def url(self):
        return (
            f"postgresql://soak_daemon:{self.cluster.password}@127.0.0.1:{self.gate.port}/soak"
            "?connect_timeout=5&sslmode=disable"
        )

    def launch(self, command, stdout, **variables):
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("STOCKD_", "PG"))}
        self.log_from = os.path.getsize(self.log_path) if os.path.exists(self.log_path) else 0
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *command],
                env={**clean, **variables}, stdin=subprocess.DEVNULL, stdout=stdout or log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def log(self):
        with open(self.log_path, "rb") as file:
            file.seek(self.log_from)
            return file.read().decode(errors="replace")

    def tell(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.check_alive()  # else nobody would ever ask how it had ended
        self.process.kill()
        self.process.wait()

    def check_alive(self):
        if self.process.poll() is not None:
            self.report.fail(f"{self.name} ended by itself with {self.process.returncode}", self.log()[-2000:])
            self.report.check()

    def stop(self):
        """As systemd does it. Orderly, so that a sanitizer reports what it found."""
        self.tell(signal.SIGTERM)
        try:
            code = self.process.wait(timeout=STOPPED_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.report.fail(f"{self.name} did not stop within {STOPPED_WITHIN_S} s", self.log()[-2000:])
        else:
            if code != 0:
                self.report.fail(f"{self.name} stopped with {code}", self.log()[-2000:])
        self.report.check()

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.gate.close()
        self.check_log()

    def check_log(self):
        """A process that was killed had no say about what a sanitizer had found."""
        if os.path.exists(self.log_path):
            with open(self.log_path, encoding="utf-8", errors="replace") as file:
                if found := FAULTY.search(file.read()):
                    self.report.fail(f"the log of {self.name} says: {found.group()}")


class Stockd(Program):
    def __init__(self, name, cluster, report, has_backstop):
        super().__init__(name, cluster, report)
        self.has_backstop = has_backstop
        self.addresses = None
        self.life = 0

    def start(self):
        quiet = {} if self.has_backstop else {
            "STOCKD_BACKSTOP": NEVER, "STOCKD_CANARY_INTERVAL": NEVER, "STOCKD_AUDIT_PACE": "0", "STOCKD_TTL": "24h",
        }  # fmt: skip
        self.addresses = None
        self.launch(
            [os.path.join(BIN, "stockd")], None, STOCKD_DATABASE_URL=self.url(), STOCKD_NAME=self.name,
            STOCKD_LISTEN="127.0.0.1:0", STOCKD_ADMIN_LISTEN="127.0.0.1:0", STOCKD_WEB_THREADS="2", **quiet,
        )  # fmt: skip

        def found():
            self.check_alive()
            return ADDRESSES.search(self.log())

        host, port, admin_host, admin_port = wait_for(found, f"{self.name} to listen", self.report).groups()
        self.life += 1
        self.addresses = ((host, int(port)), (admin_host, int(admin_port)))

    def get(self, path, admin=False, timeout=10, connection=None):
        """Status, headers, JSON. OSError or HTTPException when there is no answer."""
        addresses = self.addresses
        if addresses is None:
            raise OSError("not started")
        own = connection or http.client.HTTPConnection(*addresses[1 if admin else 0], timeout=timeout)
        try:
            own.request("GET", path)
            answer = own.getresponse()
            body = answer.read()
            return answer.status, answer.headers, json.loads(body)
        finally:
            if connection is None:
                own.close()

    def ready(self):
        """True or the reasons; None when there is no answer."""
        try:
            status, _, body = self.get("/ready", admin=True, timeout=5)
        except (OSError, http.client.HTTPException, ValueError):
            return None
        return True if status == 200 else body["reasons"]

    def products(self):
        """Everything that it serves, in one answer, or nothing. Without a backstop it says stale when it heard nothing for a while."""
        try:
            status, headers, body = self.get("/api/inventory?limit=1000")
        except (OSError, http.client.HTTPException, ValueError):
            return None
        if status != 200 or (self.has_backstop and headers["Stockd-Stale"] != "false"):
            return None
        return body["products"]

    def version_of(self, sku, store):
        """As it serves it, fresh or not; 0 when it serves no such row."""
        try:
            status, _, body = self.get(f"/api/inventory/{sku}")
        except (OSError, http.client.HTTPException, ValueError):
            return 0
        return next((row["version"] for row in body["stores"] if row["storeId"] == store), 0) if status == 200 else 0


class Witness(Program):
    """Its lines come out of `lines`, in order."""

    def __init__(self, cluster, report, has_backstop):
        super().__init__("witness", cluster, report)
        self.has_backstop = has_backstop
        self.lines = queue.Queue(maxsize=2000)

    def start(self):
        options = [] if self.has_backstop else ["--no-backstop"]
        self.launch([os.path.join(BIN, "witness"), self.url(), *options], subprocess.PIPE)
        threading.Thread(target=self._pump, args=(self.process,), daemon=True).start()

    def _pump(self, process):
        try:
            put(self.lines, None, self.report)  # a new life begins
            for line in process.stdout:
                if line.endswith(b"\n"):  # else it was killed while it wrote
                    put(self.lines, line, self.report)
        except Failed:
            pass
