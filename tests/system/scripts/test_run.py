"""scripts/run.sh with STOCKD_DATABASE_URL set, as it is in every terminal in which the tutorial was followed."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

BIN = os.environ["STOCKD_TEST_BIN"]
DEADLINE_S = 60


@pytest.fixture(name="script")
def make_script(tmp_path):
    """A copy of the script in a tree of its own."""
    (tmp_path / "scripts").mkdir()
    return Path(shutil.copy(Path(__file__).parents[3] / "scripts/run.sh", tmp_path / "scripts"))


def environment(url):
    clean = {k: v for k, v in os.environ.items() if not k.startswith("STOCKD_")}
    return {**clean, "STOCKD_DATABASE_URL": url, "STOCKD_LISTEN": "127.0.0.1:0", "STOCKD_ADMIN_LISTEN": "127.0.0.1:0"}


def test_it_says_first_which_database_the_variable_names_and_no_password(script, tmp_path):
    said = tmp_path / "said"
    with open(said, "wb") as out:
        process = subprocess.Popen(
            [script, BIN], env=environment("postgresql://me:hunter2@127.0.0.1:1/shop"), stdout=out, stderr=subprocess.STDOUT
        )
    try:
        end = time.monotonic() + DEADLINE_S
        while "connect failed" not in said.read_text() and process.poll() is None and time.monotonic() < end:
            time.sleep(0.01)
        assert process.poll() is None
        first = said.read_text().splitlines()[0]
        assert "STOCKD_DATABASE_URL" in first and "postgresql://me:***@127.0.0.1:1/shop" in first
        assert "hunter2" not in said.read_text()
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=40) == 0


@pytest.mark.parametrize("socket", ["{tree}/var/socket", "/var/lib/stockd/0123456789abcdef/socket", "/tmp/stockd-4711-0123456789abcdef"])
def test_the_private_database_that_does_not_run_is_not_waited_for(script, tmp_path, socket):
    url = f"postgresql:///stockd?host={socket.format(tree=tmp_path.resolve())}&port=5432&user=postgres"
    done = subprocess.run([script, BIN], env=environment(url), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert url in done.stdout
    assert done.stderr.count("\n") == 1 and done.stderr.endswith(" unset STOCKD_DATABASE_URL\n")


def test_a_url_that_cannot_be_read_is_one_sentence(script):
    done = subprocess.run(
        [script, BIN], env=environment("postgresql://me:hunter2@h:port/x"), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert "cannot be read" in done.stderr and "hunter2" not in done.stdout + done.stderr
