"""bench/run.py --check: what got worse, is gone or is new and misses its goal is named, and fails."""

import json
import os
import shutil
import subprocess
import sys

import pytest

BENCH = os.path.join(os.path.dirname(__file__), "..", "..", "..", "bench", "run.py")


def row(claim, ratio, better="higher", goal=None):
    met = None if goal is None else (ratio >= goal if better == "higher" else ratio <= goal)
    return {"claim": claim, "script": "some", "ours": ratio, "peer": None, "unit": "x", "ratio": ratio, "better": better, "goal": goal, "met": met}


def outcome(folder):
    """(exit code, all that it prints)"""
    done = subprocess.run([sys.executable, str(folder / "run.py"), "--check"], capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(name="check")
def fixture_check(tmp_path):
    shutil.copy(BENCH, tmp_path)

    def run(before, now):
        for name, rows in (("baseline.json", before), ("results.json", now)):
            (tmp_path / name).write_text(json.dumps({"measured_at": name, "rows": rows}))
        return outcome(tmp_path)

    return run


@pytest.mark.parametrize(
    ("before", "now", "worse"),
    [
        (row("a", 1.0), row("a", 0.81), False),
        (row("a", 1.0), row("a", 0.79), True),
        (row("a", 1.0, "lower"), row("a", 1.24, "lower"), False),
        (row("a", 1.0, "lower"), row("a", 1.26, "lower"), True),
        (row("a", 0, "lower"), row("a", 0, "lower"), False),
        (row("a", 0, "lower"), row("a", 1, "lower"), True),
        (row("a", 1, "lower"), row("a", 0, "lower"), False),
    ],
)
def test_worse_by_more_than_a_fifth(check, before, now, worse):
    code, text = check([before], [now])
    assert (code, "WORSE" in text) == (int(worse), worse), text


def test_what_is_gone_is_missed(check):
    code, text = check([row("a", 1), row("b", 1)], [row("a", 1)])
    assert code == 1 and "MISSING     b (make bench-some)" in text


def test_what_is_new_must_meet_its_goal(check):
    assert check([], [row("a", 1, goal=1)])[0] == 0
    code, text = check([], [row("a", 1, "lower", goal=0)])
    assert code == 1 and "new, MISSED a" in text


def test_the_baseline_itself_shows_nothing(check, tmp_path):
    check([row("a", 1)], [row("a", 1)])
    shutil.copy(tmp_path / "baseline.json", tmp_path / "results.json")
    code, text = outcome(tmp_path)
    assert code == 1 and "measure first" in text
