"""Runs seeds and says what happened: docs/how-to/soak.md."""

import argparse
import collections
import concurrent.futures
import faulthandler
import multiprocessing
import signal
import sys

from soak import faults, operations
from soak.run import fault_kinds, run_seed


def arguments():
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first seed; an even one runs without the backstop poll")
    parser.add_argument("--seeds", type=int, default=1, help="how many")
    parser.add_argument("--jobs", type=int, default=1, help="so many seeds at a time, each with a database of its own")
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


def missing(counts, kinds_of_faults, least):
    wanted = [("SQL", kind) for kind in operations.KINDS] + [("faults", kind) for kind in kinds_of_faults]
    return [f"{group} {kind}: {counts[group][kind]} times, not {least}" for group, kind in wanted if counts[group][kind] < least]


def reports(options):
    """Of each seed, as they end. After a failure no other is begun; those that run end first."""
    seeds = range(options.seed, options.seed + options.seeds)
    if options.jobs == 1:
        for seed in seeds:
            yield seed, run_seed(seed, options)
        return
    with concurrent.futures.ProcessPoolExecutor(
        options.jobs, multiprocessing.get_context("spawn"), faulthandler.register, (signal.SIGUSR1,)
    ) as pool:
        running = {pool.submit(run_seed, seed, options): seed for seed in seeds}
        try:
            for done in concurrent.futures.as_completed(running):
                yield running[done], done.result()
        finally:
            pool.shutdown(cancel_futures=True)


def main():
    options = arguments()
    faulthandler.register(signal.SIGUSR1)  # where every thread is, for a run that hangs
    counts = collections.defaultdict(collections.Counter)
    slowest = collections.defaultdict(float)
    for seed, (counted, waits, failure) in reports(options):
        for group, kinds in counted.items():
            counts[group].update(kinds)
        for what, seconds in waits.items():
            slowest[what] = max(slowest[what], seconds)
        if failure:
            show(counts, slowest)
            again = f"soak --seed {seed} --steps {options.steps} --fault-every {options.fault_every}"
            if options.faults is not None:
                again += f" --faults '{options.faults}'"
            print(f"FAILED: {failure}\nagain: scripts/soak.sh build/release/bin {again}")
            return 1
    show(counts, slowest)
    only = fault_kinds(options)
    if rare := missing(counts, faults.KINDS if only is None else only, options.require):
        print("FAILED, too rare:\n  " + "\n  ".join(rare))
        return 1
    states = counts["published states"]
    if states["of a dead life"] > states["compared"]:
        print("FAILED: most of the published states could not be compared, because their database had died")
        return 1
    print("no difference")
    return 0


if __name__ == "__main__":
    sys.exit(main())
