"""The client samples in examples/: they sell once, whatever happens to their connection."""

import os
import pathlib
import subprocess
import sys

import pytest
from conftest import Shop, rows, value, wait_until

EXAMPLES = pathlib.Path(__file__).resolve().parents[3] / "examples"
SAMPLES = {"python": [sys.executable, EXAMPLES / "python" / "sale.py"], "node": ["node", EXAMPLES / "node" / "sale.js"]}


@pytest.fixture(name="sample", params=SAMPLES)
def fixture_sample(request):
    if request.param == "node":
        try:
            subprocess.run(["node", "-e", "require('pg')"], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("node or its package pg is not installed (Debian: nodejs, node-pg)")
    return SAMPLES[request.param]


def sell(sample, shop, quantity, transaction_id):
    return subprocess.Popen(
        [*map(str, sample), f"postgresql:///{os.environ['PGDATABASE']}", shop.store, shop.skus[0], str(quantity), transaction_id],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def on_hand(shop):
    return value(shop.connection, "select on_hand from inventory.inventory_stock where store_id = %s", shop.store_id)


def test_a_sample_sells_once_and_says_what_was_refused(sample):
    shop = Shop(1)
    shop.receive(10)
    said, complained = sell(sample, shop, 3, "sale-1").communicate(timeout=60)
    assert said == f"sold 3 of {shop.skus[0]}; then 7 available\n", complained
    said, _ = sell(sample, shop, 3, "sale-1").communicate(timeout=60)
    assert said == f"sold 3 of {shop.skus[0]} before; then 7 available\n"
    refused = sell(sample, shop, 8, "sale-2")
    _, complained = refused.communicate(timeout=60)
    assert refused.returncode == 1
    assert complained == f"Insufficient stock of {shop.skus[0]} in {shop.store}: Need 8, Have 7 (Short: 1)\n"
    assert on_hand(shop) == 7


def test_a_sample_survives_the_end_of_its_connection(sample):
    shop = Shop(1)
    shop.receive(10)
    holder = Shop(1).connection
    holder.autocommit = False
    rows(holder, "select 1 from inventory.inventory_stock where store_id = %s for update", shop.store_id)
    selling = sell(sample, shop, 4, "sale-3")
    waiting = "select pid from pg_stat_activity where wait_event_type = 'Lock' and query like '%%record_sale(%%'"
    wait_until(lambda: rows(shop.connection, waiting))
    first = value(shop.connection, waiting)
    rows(shop.connection, "select pg_terminate_backend(%s)", first)
    wait_until(lambda: any(pid != first for (pid,) in rows(shop.connection, waiting)))
    holder.rollback()
    said, complained = selling.communicate(timeout=60)
    assert said == f"sold 4 of {shop.skus[0]}; then 6 available\n", complained
    assert on_hand(shop) == 6
