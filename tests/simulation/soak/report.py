"""What happened how often, and the first difference."""

import collections
import queue
import threading
import time


class Failed(Exception):
    """The run has failed; the report holds why."""


class Report:
    def __init__(self, seed):
        self.seed = seed
        self.step = 0
        self.counts = collections.defaultdict(collections.Counter)
        self.slowest = collections.defaultdict(float)
        self.stop = threading.Event()
        self.failure = None
        self.row = None  # (store, product) of the stock row that the failure is about
        self._lock = threading.Lock()

    def count(self, group, kind, times=1):
        with self._lock:
            self.counts[group][kind] += times

    def took(self, what, seconds):
        with self._lock:
            self.slowest[what] = max(self.slowest[what], seconds)

    def fail(self, what, detail="", row=None):
        """The first failure counts; everybody stops. The run adds what the oracle knows of the stock row (store, product)."""
        with self._lock:
            if self.failure is None:
                self.row = row
                self.failure = f"seed {self.seed}, step {self.step}: {what}" + (f"\n{detail}" if detail else "")
        self.stop.set()

    def check(self):
        if self.stop.is_set():
            raise Failed()


def wait_for(condition, what, report, deadline_s=60, every_s=0.01, why=lambda: ""):
    """The condition's first true value; the run fails when it does not come, and says why it did not as far as that is known."""
    begun = time.monotonic()
    while True:
        report.check()
        value = condition()
        if value:
            report.took(what, time.monotonic() - begun)
            return value
        if time.monotonic() - begun > deadline_s:
            report.fail(f"in vain for {deadline_s} s: {what} {why()}".rstrip())
            raise Failed()
        report.stop.wait(every_s)


def put(where, what, report):
    """Into a queue that may be full, for as long as the run goes on."""
    while True:
        report.check()
        try:
            where.put(what, timeout=0.2)
            return
        except queue.Full:
            pass
