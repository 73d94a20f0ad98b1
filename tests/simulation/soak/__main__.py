"""Runs seeds one after the other and says what happened: docs/how-to/soak.md."""

import argparse
import collections
import faulthandler
import signal
import sys

from soak import faults, operations
from soak.run import Run


def arguments():
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first seed; an even one runs without the backstop poll")
    parser.add_argument("--seeds", type=int, default=1, help="how many, one after the other")
    parser.add_argument("--steps", type=int, default=500, help="steps per seed")
    parser.add_argument("--require", type=int, default=1, help="fail when a kind happened less often over all seeds")
    parser.add_argument("--fault-every", type=int, default=9, help="one step in so many is a fault")
    parser.add_argument("--faults", help="only these, separated by commas; '' for none")
    return parser.parse_args()


def show(counts, slowest):
    for group, kinds in sorted(counts.items()):
        print(f"{group}:")
        for kind, times in sorted(kinds.items()):
            print(f"  {times:7} {kind}")
    print("longest, seconds:")
    for what, seconds in sorted(slowest.items()):
        print(f"  {seconds:7.2f} {what}")


def missing(counts, fault_kinds, least):
    wanted = [("SQL", kind) for kind in operations.KINDS] + [("faults", kind) for kind in fault_kinds]
    return [f"{group} {kind}: {counts[group][kind]} times, not {least}" for group, kind in wanted if counts[group][kind] < least]


def main():
    options = arguments()
    faulthandler.register(signal.SIGUSR1)  # where every thread is, for a run that hangs
    only = None if options.faults is None else [kind for kind in options.faults.split(",") if kind]
    counts = collections.defaultdict(collections.Counter)
    slowest = collections.defaultdict(float)
    for seed in range(options.seed, options.seed + options.seeds):
        run = Run(seed, options.steps, options.fault_every, only)
        kind = "with the backstop" if run.has_backstop else "doorbell alone"
        print(f"seed {seed}: {options.steps} steps, {run.stockd_count} stockd, {kind}", flush=True)
        report = run.execute()
        for group, kinds in report.counts.items():
            counts[group].update(kinds)
        for what, seconds in report.slowest.items():
            slowest[what] = max(slowest[what], seconds)
        if report.failure:
            show(counts, slowest)
            again = f"soak --seed {seed} --steps {options.steps} --fault-every {options.fault_every}"
            if options.faults is not None:
                again += f" --faults '{options.faults}'"
            print(f"FAILED: {report.failure}\nagain: scripts/soak.sh build/release/bin {again}")
            return 1
    show(counts, slowest)
    if rare := missing(counts, faults.KINDS if only is None else only, options.require):
        print("FAILED, too rare:\n  " + "\n  ".join(rare))
        return 1
    states = counts["published states"]
    if states["of a dead life"] > states["compared"]:
        print("FAILED: most of the published states could not be compared, because their database had died")
        return 1
    print("no difference")
    return 0


sys.exit(main())
