"""What a further stockd on the same database costs its writers, and what a relay that freezes does to them."""

import signal
import time

import rig

STORES, PRODUCTS = 10, 1_000
RATE = 2_000
PER_FOLLOWER = 0.05
# The claim is of the minute that follows.
MINUTE_S = 60
LEAD_S = 5

UPDATE = rig.one_row_update(STORES, PRODUCTS)


def database_us_per_write(count):
    """And writes per second."""
    daemons = [rig.Stockd("--audit-pace", "0", "--name", f"bench-{n}") for n in range(count)]
    try:
        seconds = max(15, rig.SECONDS)
        before = rig.database_cpu_s()
        tps = rig.pgbench_tps(UPDATE, 8, seconds, rate=RATE, threads=1)
        return (rig.database_cpu_s() - before) / (tps * seconds) * 1e6, tps
    finally:
        for daemon in daemons:
            daemon.close()


def throughput(frozen):
    """Writers' transactions per second at full load; with `frozen` the relay was stopped by SIGSTOP in the midst of it."""
    daemons = [rig.Stockd("--audit-pace", "0", "--name", f"bench-{n}") for n in range(2)]
    try:
        relay = wait_for_relay(daemons)
        writers = rig.Pgbench(UPDATE, 16, LEAD_S + MINUTE_S + LEAD_S)
        time.sleep(LEAD_S)
        if frozen:
            relay.tell(signal.SIGSTOP)
        with rig.WritesPerS() as written:
            time.sleep(MINUTE_S)
        writers.finish()
        return written.per_s
    finally:
        for daemon in daemons:
            daemon.tell(signal.SIGCONT)
            daemon.close()


def wait_for_relay(daemons, deadline_s=30):
    end = time.monotonic() + deadline_s
    while time.monotonic() < end:
        for daemon in daemons:
            if daemon.is_relay():
                return daemon
        time.sleep(0.05)
    raise RuntimeError("none of the stockd became the relay")


def main():
    connection = rig.connect()
    rig.make_shop(connection, STORES, PRODUCTS)
    figures = rig.alternate(**{str(count): (lambda count=count: database_us_per_write(count)) for count in (1, 2, 4)})
    for count in (2, 4):
        rig.report(
            f"database's cost of a write with {count} stockd against 1", [cost for cost, _ in figures[str(count)]],
            [cost for cost, _ in figures["1"]], 1 + PER_FOLLOWER * (count - 1), "us of processor", better="lower",
        )
    slowest = min(tps for figures_of in figures.values() for _, tps in figures_of)
    rig.report("writes/s of the slowest of these runs, against those asked for", [slowest / RATE], None, 0.95, "x")
    frozen = rig.alternate(frozen=lambda: throughput(True), undisturbed=lambda: throughput(False))
    rig.report("writers while the relay is frozen, against undisturbed", frozen["frozen"], frozen["undisturbed"], 0.95, "transactions/s")


if __name__ == "__main__":
    main()
