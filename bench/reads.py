"""Reads against Redis and against PostgreSQL itself, while 1 000 stock rows a second change.

One product and any of 100 000: `wrk` with 50 connections, keep-alive, all of stockd's headers; redis-benchmark GET of the same
JSON with 50 clients; a prepared primary-key SELECT by pgbench with 50 clients. No pipelining anywhere. And in process.
"""

import json
import os
import re
import statistics
import subprocess
import tempfile
import time
import urllib.request

import rig

PRODUCTS = int(os.environ.get("STOCKD_BENCH_PRODUCTS", "100000"))
STORES = 3
CONNECTIONS = 50
PATCHES_PER_S = 1000
IN_PROCESS_PATCHES_PER_S = 50_000

ANY_PRODUCT = """
math.randomseed(%d)
request = function()
    return wrk.format("GET", string.format("/api/inventory/SKU-%%08d", math.random(1, %d)))
end
"""

SELECT_ANY = """
\\set product random(1, {products})
select on_hand, reserved, available, version from inventory.inventory_stock where store_id = 1 and product_id = :product;
"""


def wrk(stockd, path=None, any_of=None):
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        words = ["wrk", "-t", "1", "-c", str(CONNECTIONS), "-d", f"{max(1, round(rig.SECONDS))}s"]
        if any_of:
            script.write(ANY_PRODUCT % (int(time.time()), any_of))
            script.flush()
            words += ["-s", script.name]
        done = subprocess.run([*words, f"http://{stockd.http}{path or '/'}"], capture_output=True, text=True, check=True)
    assert "Non-2xx" not in done.stdout and "Socket errors" not in done.stdout, done.stdout
    return float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout).group(1))


class Redis:
    """A redis-server with one JSON per product, on a Unix-like loopback port of its own, without persistence."""

    def __init__(self, stockd):
        self.port = "16379"
        self.process = subprocess.Popen(
            ["redis-server", "--port", self.port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
            stdout=subprocess.DEVNULL,
        )
        while subprocess.run(["redis-cli", "-p", self.port, "ping"], capture_output=True, check=False).returncode != 0:
            time.sleep(0.02)
        self._fill(stockd)

    def _fill(self, stockd):
        # redis-benchmark replaces __rand_int__ by twelve digits, from 0.
        loader = subprocess.Popen(["redis-cli", "-p", self.port, "--pipe"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        cursor = ""
        number = 0
        while True:
            with urllib.request.urlopen(f"http://{stockd.http}/api/inventory?limit=500{cursor}") as answer:
                page = json.load(answer)
            for product in page["products"]:
                body = json.dumps(product, separators=(",", ":")).encode()
                key = b"product:%012d" % number
                loader.stdin.write(b"*3\r\n$3\r\nSET\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n" % (len(key), key, len(body), body))
                number += 1
            if not page.get("nextCursor"):
                break
            cursor = "&cursor=" + page["nextCursor"]
        loader.stdin.close()
        loader.wait()
        assert number == PRODUCTS, number

    def get(self, any_of=None):
        """As many requests as take about the time of a round."""
        requests = getattr(self, "requests", 20_000)
        words = ["redis-benchmark", "-p", self.port, "-c", str(CONNECTIONS), "-n", str(requests), "-q", "--csv"]
        words += ["-r", str(any_of), "get", "product:__rand_int__"] if any_of else ["get", "product:000000000000"]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        rate = float(re.findall(r'"([\d.]+)"', done.stdout.strip().splitlines()[-1])[0])
        self.requests = max(20_000, int(rate * rig.SECONDS))
        return rate

    def close(self):
        self.process.terminate()
        self.process.wait()


def in_process():
    """Median time to find a product and its totals while 50 000 patches a second land, by the cache's own benchmark."""
    done = subprocess.run(
        [os.path.join(rig.BIN, "cache_bench"), "--benchmark_filter=find/(one|popular|any)_50k_batches",
         f"--benchmark_repetitions={rig.ROUNDS}", "--benchmark_format=json"],
        capture_output=True, text=True, check=True,
    )
    figures, reached = {}, []
    for run in json.loads(done.stdout)["benchmarks"]:
        if run.get("run_type") == "iteration":
            figures.setdefault(run["run_name"].split("/")[1], []).append(run["p50_ns"])
            reached.append(run["patches/s"] / IN_PROCESS_PATCHES_PER_S)
    for name, values in figures.items():
        rig.report(f"in process: find, {name}", values, None, 100, "ns p50", better="lower")
    rig.report("patches/s in process of the slowest of these runs, against those asked for", [min(reached)], None, 0.95, "x")


def main():
    connection = rig.connect()
    rig.make_shop(connection, STORES, PRODUCTS)
    with rig.Stockd() as stockd:
        redis = Redis(stockd)
        writers = rig.Pgbench(rig.one_row_update(1, PRODUCTS), 4, 24 * 3600, rate=PATCHES_PER_S, threads=1)
        try:
            with rig.WritesPerS() as reached:
                one = rig.alternate(
                    stockd=lambda: wrk(stockd, path="/api/inventory/SKU-00000001"),
                    redis=redis.get,
                )
                any_product = rig.alternate(
                    stockd=lambda: wrk(stockd, any_of=PRODUCTS),
                    redis=lambda: redis.get(any_of=PRODUCTS),
                    select=lambda: rig.pgbench_tps(SELECT_ANY.format(products=PRODUCTS), CONNECTIONS),
                )
            rig.report("HTTP GET of one product, against Redis", one["stockd"], one["redis"], 1.0, "requests/s")
            rig.report(
                f"HTTP GET of any of {PRODUCTS} products, against Redis", any_product["stockd"], any_product["redis"], 1.0, "requests/s"
            )
            rig.report(
                f"HTTP GET of any of {PRODUCTS} products, against a prepared SELECT",
                any_product["stockd"], any_product["select"], 1.0, "requests/s",
            )
            rig.report("rows/s that change while these are read, against those asked for", [reached.per_s / PATCHES_PER_S], None, 0.95, "x")
        finally:
            writers.process.terminate()
            writers.process.wait()
            redis.close()
    in_process()


if __name__ == "__main__":
    main()
