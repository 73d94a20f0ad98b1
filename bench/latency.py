"""From a commit until the change is in memory, and until NOTIFY inventory_changes has told of it: parked, and under load."""

import json
import os
import statistics
import subprocess

import rig

STORES, PRODUCTS = 10, 1_000
PROBES_PER_S = 20
PROBES_PER_S_LOADED = 100
LOAD_CLIENTS = 16

# The probe's product is left out: its row is never waited for, and a notification that names it tells of the probe.
UPDATE = rig.one_row_update(STORES, PRODUCTS, first_product=2)


def probe(rate, seconds):
    done = subprocess.run(
        [os.path.join(rig.BIN, "latency_bench"), "S1", "SKU-00000001", str(rate), str(seconds)],
        capture_output=True, text=True, check=True,
    )
    return json.loads(done.stdout)


def loaded(rate):
    seconds = max(5, rig.SECONDS)
    load = rig.Pgbench(UPDATE, LOAD_CLIENTS, seconds + 5, rate=rate, threads=1)
    try:
        with rig.WritesPerS() as reached:
            found = probe(PROBES_PER_S_LOADED, seconds)
    finally:
        load.process.terminate()
        load.process.wait()
    # The probe's own are among them, and are wanted as well.
    return {**found, "reached": reached.per_s / (rate + PROBES_PER_S_LOADED)}


def report(name, rounds, goals):
    for what, words in (("patched", "in memory"), ("notified", "told by NOTIFY")):
        missed = sum(found[what]["missed"] for found in rounds)
        rig.report(f"{name}: commits never {words}", [missed], None, 0, "commits", better="lower")
        for part, goal in goals.items():
            rig.report(
                f"{name}: commit to {words}, {part}", [found[what][part] / 1000 for found in rounds], None, goal, "ms",
                better="lower", detail=[found[what]["histogram"] for found in rounds],
            )


def main():
    connection = rig.connect()
    rig.make_shop(connection, STORES, PRODUCTS)
    # No other stockd while it measures: the program is the relay then, as a stockd would be.
    rounds = rig.alternate(parked=lambda: probe(PROBES_PER_S, max(5, rig.SECONDS)))
    report("parked", rounds["parked"], {"p50": 1, "p99": 5})
    with rig.Stockd():  # the most that there is with somebody who follows
        most = statistics.median(rig.pgbench_tps(UPDATE, LOAD_CLIENTS) for _ in range(3))
    rounds = rig.alternate(loaded=lambda: loaded(round(0.8 * most)))
    rig.say(f"  the most: {most:,.0f} writes/s")
    report("at 80 % of the most writes", rounds["loaded"], {"p50": None, "p99": 20})
    rig.report("writes/s meanwhile, against those that were asked for", [found["reached"] for found in rounds["loaded"]], None, 0.95, "x", detail=most)


if __name__ == "__main__":
    main()
