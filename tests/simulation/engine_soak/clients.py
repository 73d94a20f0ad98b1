"""Processes of clients: each client is a thread with a connection of its own."""

import collections
import json
import multiprocessing
import random
import threading
import time

import psycopg2
import psycopg2.errors

from engine_soak.operations import Chooser
from soak.cluster import is_lost

# Errors that say no: what does not exist, what is too late, and plain SQL that would take what is not there.
REFUSED = ("SD", "23514")
LEVELS = ["read committed"] * 6 + ["repeatable read", "serializable"]
ISOLATION = {"read committed": 1, "repeatable read": 2, "serializable": 3}


class Client:
    def __init__(self, options, number, share):
        self.options, self.share = options, share
        self.chance = random.Random(f"{options['seed']}-{number}")
        self.chooser = Chooser(self.chance, f"c{number}", options["position"])
        self.level = LEVELS[number % len(LEVELS)]
        self.counts, self.said = collections.Counter(), []
        self.connection = None

    def connect(self):
        """Until it succeeds: the database may be down just now."""
        deadline = time.monotonic() + 120
        while True:
            try:
                self.connection = psycopg2.connect(self.options["conninfo"])
                self.connection.set_session(isolation_level=ISOLATION[self.level], autocommit=True)
                return
            except psycopg2.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def run(self):
        self.connect()
        for _ in range(self.share):
            kind, sql, arguments, key = self.chooser.next()
            self.do(kind, sql, arguments, key)
        self.connection.close()

    def do(self, kind, sql, arguments, key):
        is_repeated = False
        while True:
            try:
                with self.connection.cursor() as cursor:
                    cursor.execute(sql, arguments)
                    found = cursor.fetchall() if cursor.description else []
                self.counts[kind] += 1
                for (answer, *_) in found:
                    self.take(kind, answer, is_repeated)
                return
            except psycopg2.errors.SerializationFailure:
                # Said before anything was done: the same again.
                self.counts["(serialization failure)"] += 1
            except psycopg2.Error as error:
                if is_lost(error, self.connection):
                    self.counts["(connection lost)"] += 1
                    self.connect()
                    if key is None:
                        return
                    is_repeated = True
                    self.counts["(repeated after a loss)"] += 1
                elif error.pgcode.startswith(REFUSED):
                    self.counts[kind] += 1
                    self.counts[f"({kind}: {error.pgcode})"] += 1
                    return
                else:
                    self.counts[f"(FAILED {error.pgcode} {kind}, {self.level}: {error.diag.message_primary}; {error.diag.message_hint})"] += 1
                    return

    def take(self, kind, answer, is_repeated):
        """Keeps what the answers say was done: the ledger must say the same."""
        for each in answer if isinstance(answer, list) else [answer]:
            if not isinstance(each, dict) or not each.get("success"):
                if isinstance(each, dict):
                    for error in each.get("errors", []):
                        self.counts[f"({kind}: {error['code']})"] += 1
                continue
            # Of a repetition nobody knows whose effect it was; it is the same answer either way.
            if each.get("replayed") and not is_repeated:
                continue
            movements = each.get("movements")
            for movement in movements if isinstance(movements, list) else []:
                if movement.get("version") is not None:
                    self.said.append((
                        movement["store"], movement["sku"], movement["version"], movement["kind"], movement["on_hand"], movement["reserved"],
                    ))  # fmt: skip


def work(options, numbers, share, results):
    clients = [Client(options, number, share) for number in numbers]
    failures = []

    def run(client):
        try:
            client.run()
        except Exception as error:  # noqa: BLE001  whatever it is, it ends the run
            failures.append(repr(error))

    threads = [threading.Thread(target=run, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts = sum((client.counts for client in clients), collections.Counter())
    path = f"{options['folder']}/said-{numbers[0]}.csv"
    with open(path, "w", encoding="utf-8") as file:
        for client in clients:
            for row in client.said:
                file.write(json.dumps(row)[1:-1].replace('"', "").replace(", ", ",") + "\n")
    results.put((counts, path, failures))


def start(options, clients, processes, operations):
    """Starts them; returns the processes and the queue of their results."""
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    each = clients // processes
    made = []
    for place in range(processes):
        numbers = list(range(place * each, (place + 1) * each))
        made.append(context.Process(target=work, args=(options, numbers, operations // clients, results)))
    for process in made:
        process.start()
    return made, results
