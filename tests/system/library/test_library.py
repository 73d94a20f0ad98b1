"""Installs the build, builds examples/follow against the installed tree, and sees a change made in SQL."""

import os
import subprocess
import time
from pathlib import Path

import psycopg2
import pytest

ROOT = Path(__file__).parents[3]
DEADLINE_S = 60


def run(*command, **options):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, timeout=280, **options)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(name="follow", scope="module")
def build_follow(tmp_path_factory):
    folder = tmp_path_factory.mktemp("library")
    run("cmake", "--install", os.environ["STOCKD_TEST_BUILD"], "--prefix", folder / "prefix")
    flags = os.environ.get("STOCKD_TEST_CXX_FLAGS", "")
    run(
        "cmake", "-G", "Ninja", "-S", ROOT / "examples/follow", "-B", folder / "build",
        f"-DCMAKE_PREFIX_PATH={folder / 'prefix'}", f"-DCMAKE_CXX_FLAGS={flags}",
    )  # fmt: skip
    run("cmake", "--build", folder / "build")
    return folder / "build/follow"


def test_the_example_prints_a_change_made_in_sql(follow, tmp_path):
    connection = psycopg2.connect(dbname=os.environ["PGDATABASE"])
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute("insert into inventory.stores (code, name) values ('S', 'Store')")
    cursor.execute("insert into inventory.products (sku, name) values ('TEA', 'Tea')")
    cursor.execute(
        """insert into inventory.inventory_stock (store_id, product_id, on_hand)
           select store_id, product_id, 10 from inventory.stores, inventory.products"""
    )
    out = tmp_path / "out"
    with open(out, "wb") as file:
        process = subprocess.Popen([follow, os.environ["STOCKD_TEST_DATABASE_URL"]], stdout=file)
    try:

        def wait_for(text):
            end = time.monotonic() + DEADLINE_S
            while text not in out.read_text():
                assert process.poll() is None, "the example has ended"
                assert time.monotonic() < end, f"in vain: {text!r} in {out.read_text()!r}"
                time.sleep(0.01)

        wait_for("following 1 products\n")
        wait_for("TEA: 10 pieces, 10 available\n")  # the load
        cursor.execute("update inventory.inventory_stock set on_hand = on_hand - 3")
        wait_for("TEA: 7 pieces, 7 available\n")
        cursor.execute("delete from inventory.inventory_stock")
        wait_for("TEA: 0 pieces, 0 available\n")
        cursor.execute("update inventory.products set sku = 'CHAI' where sku = 'TEA'")
        wait_for("TEA: gone\n")
        wait_for("CHAI: 0 pieces, 0 available\n")
        cursor.execute("delete from inventory.products")
        wait_for("CHAI: gone\n")
    finally:
        process.kill()
        process.wait()


def test_the_example_says_why_it_cannot_connect(follow):
    done = subprocess.run(
        [follow, "postgresql://nobody@127.0.0.1:1/none"], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 1
    assert "127.0.0.1" in done.stderr
