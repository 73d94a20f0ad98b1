"""The offline queue by several tills, syncs and people at once: each sale is decided once and deducted once at most."""

import itertools
import random

import psycopg2.extras
import pytest
from conftest import at_once, call, connect, is_waiting, rows, value, wait_until
from test_reservations import in_background

_ids = itertools.count(1)


def named(shop):
    return f"{shop.store} q{next(_ids)}"


def queue(shop, connection, transaction_id, lines, **arguments):
    arguments = {"device": "till", "actor": "ana", "occurred_at": "2026-01-01 10:00+00"} | arguments
    return call(connection, "queue_transaction", shop.store, lines, transaction_id=transaction_id, **arguments)


def sync(shop, connection, limit=500):
    return value(connection, 'select inventory.sync_all_pending(%s, %s, "limit" => %s)', shop.store, "boss", limit)


def decide(shop, connection, decision, transaction_id, lines=None):
    """approve or reject."""
    given = {"lines": psycopg2.extras.Json([{"sku": sku, "quantity": quantity} for sku, quantity in lines])} if lines else {}
    named_arguments = "".join(f", {name} => %s" for name in given)
    return value(
        connection, f"select inventory.{decision}_transaction(%s, %s, 'boss'{named_arguments})", transaction_id, shop.store, *given.values(),
    )


def statuses(shop):
    return dict(
        rows(shop.connection, "select transaction_id, status from inventory.offline_transaction_queue where store_id = %s", shop.store_id)
    )


def decisions(shop, transaction_id):
    found = rows(
        shop.connection,
        """
        select d.decision from inventory.offline_queue_decisions as d join inventory.offline_transaction_queue as q using (queue_id)
        where q.store_id = %s and q.transaction_id = %s order by d.decision_id
        """,
        shop.store_id, transaction_id,
    )
    return [each for (each,) in found]


def test_t8_a_sale_that_comes_from_two_tabs_and_after_a_timeout_is_one_movement(shop):
    here = shop()
    here.receive(100)
    for _ in range(5):
        name, line = named(here), [(here.skus[0], 1)]

        def work(number, connection):
            for _ in range(3):
                if number % 3 == 0:
                    assert queue(here, connection, name, line)["success"]
                elif number % 3 == 1:
                    assert sync(here, connection)["success"]
                else:
                    answer = call(
                        connection, "deduct_inventory_atomic", here.store, line, transaction_id=name, actor="ana",
                        occurred_at="2026-01-01 10:00+00",
                    )
                    assert answer["success"]
            return "done"

        before = here.on_hand()
        assert at_once(9, work) == ["done"] * 9
        sync(here, here.connection)
        assert here.on_hand() == before - 1
        assert decisions(here, name) == ["queued", "synced"]
    assert here.deadlocks() == here.deadlocks_before


def test_syncs_at_once_share_the_work(shop):
    here = shop(3)
    here.receive(1000)
    names = [named(here) for _ in range(200)]
    for number, name in enumerate(names):
        queue(here, here.connection, name, [(sku, 1) for sku in random.Random(number).sample(here.skus, 2)])

    def work(number, connection):
        done = 0
        while True:
            answer = sync(here, connection, 10)
            assert answer["success"] and answer["needsApproval"] == 0
            done += answer["synced"]
            if not answer["remaining"]:
                return done

    done = at_once(8, work)
    assert sum(done) == len(names)
    assert all(decisions(here, name) == ["queued", "synced"] for name in names)
    assert sum(here.on_hand(place) for place in range(3)) == 3000 - 2 * len(names)
    assert here.deadlocks() == here.deadlocks_before


def test_syncing_passes_over_what_somebody_is_deciding(shop):
    here, other = shop(), connect()
    here.receive(10)
    held, free = named(here), named(here)
    for name in (held, free):
        queue(here, here.connection, name, [(here.skus[0], 1)])
    other.autocommit = False
    assert decide(here, other, "reject", held)["success"]
    answer = sync(here, here.connection)
    assert [each["transaction_id"] for each in answer["transactions"]] == [free] and answer["remaining"] == 1
    other.commit()
    other.close()
    assert sync(here, here.connection)["synced"] == 0
    assert statuses(here) == {held: "rejected", free: "synced"}
    assert here.on_hand() == 9


def test_a_transaction_is_decided_once(shop):
    here = shop()
    here.receive(100)
    taken = 0
    for turn in range(15):
        name = named(here)
        queue(here, here.connection, name, [(here.skus[0], 1)])

        def work(number, connection):
            if number % 4 == 0:
                return sync(here, connection)["success"]
            if number % 4 == 1:
                return decide(here, connection, "reject", name)["success"]
            return decide(here, connection, "approve", name, [(here.skus[0], number)] if number % 4 == 3 else None)["success"]

        assert all(isinstance(each, bool) for each in at_once(8, work))
        status, (said, decided) = statuses(here)[name], decisions(here, name)
        assert (said, decided) == ("queued", status) and status in ("synced", "approved", "rejected")
        quantity = value(
            here.connection, "select (coalesce(approved_lines, lines) #>> '{0,quantity}')::int from inventory.offline_transaction_queue"
            " where store_id = %s and transaction_id = %s", here.store_id, name,
        )
        taken += 0 if status == "rejected" else quantity
        assert here.on_hand() == 100 - taken
    assert here.deadlocks() == here.deadlocks_before


@pytest.mark.sessions
@pytest.mark.parametrize("first", ["approve", "reject"])
def test_who_decides_second_sees_what_the_first_decided(shop, first):
    here, one = shop(), connect()
    here.receive(10)
    name = named(here)
    queue(here, here.connection, name, [(here.skus[0], 1)])
    one.autocommit = False
    assert decide(here, one, first, name)["success"]
    second = {"approve": "reject", "reject": "approve"}[first]
    pid, finish = in_background(lambda connection: decide(here, connection, second, name))
    wait_until(lambda: is_waiting(here.connection, pid))
    one.commit()
    assert finish()["errors"][0]["code"] == "queue_decided"
    assert here.on_hand() == (9 if first == "approve" else 10)
    one.close()


def test_t5_syncs_and_tills_that_name_the_same_transactions_do_not_deadlock(shop):
    here = shop(4)
    here.receive(100000)
    sales = []
    for number in range(300):
        name = named(here)
        line = [(random.Random(number).choice(here.skus), 1)]
        sales.append((name, line))
        queue(here, here.connection, name, line)

    def work(number, connection):
        if number % 2:
            while sync(here, connection, 50)["remaining"]:
                pass
            return "done"
        chance = random.Random(number)
        for _ in range(20):
            requests = [
                {
                    "store": here.store, "transaction_id": name, "actor": "ana", "occurred_at": "2026-01-01 10:00+00",
                    "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in line],
                }
                for name, line in chance.sample(sales, 20)
            ]
            answers = value(connection, "select inventory.deduct_inventory_many(%s)", psycopg2.extras.Json(requests))
            assert all(answer["success"] for answer in answers)
        return "done"

    assert at_once(8, work) == ["done"] * 8
    assert sum(here.on_hand(place) for place in range(4)) == 400000 - len(sales)
    assert set(statuses(here).values()) == {"synced"}
    assert here.deadlocks() == here.deadlocks_before


@pytest.mark.parametrize("seed", range(4))
def test_uploads_in_any_order_and_twice_are_synced_as_if_each_had_come_in_its_turn(shop, seed):
    """Compared with a model in Python: stock, policies as they were when a sale was queued and as they are when it is synced."""
    chance = random.Random(seed)
    here = shop(3)
    here.receive(20)
    now = [chance.random() < 0.3 for _ in here.skus]

    def allow(place, allowed):
        rows(
            here.connection, "update inventory.inventory_stock set allow_negative = %s where store_id = %s and product_id = %s",
            allowed, here.store_id, here.product_ids[place],
        )
        now[place] = allowed

    for place, allowed in enumerate(now):
        allow(place, allowed)
    sales = []
    for number in range(60):
        lines = [(place, chance.randint(1, 3)) for place in chance.sample(range(3), chance.randint(1, 3))]
        sales.append({"name": named(here), "at": f"2026-01-01 10:{number:02}+00", "lines": lines, "number": number})
    uploads = sales + chance.choices(sales, k=20)
    chance.shuffle(uploads)
    left, expected, seen = [20, 20, 20], {}, {}
    for batch in range(0, len(uploads), 40):
        for sale in uploads[batch : batch + 40]:
            # A row may always be allowed to go below zero; not forbidden again once it is there.
            if chance.random() < 0.1:
                place = chance.randrange(3)
                allow(place, True if left[place] < 0 else not now[place])
            answer = queue(
                here, here.connection, sale["name"], [(here.skus[place], quantity) for place, quantity in sale["lines"]],
                device=f"till {sale['number'] % 3}", device_sequence=sale["number"], occurred_at=sale["at"],
            )
            assert answer["success"] and answer["replayed"] == (sale["name"] in seen)
            seen.setdefault(sale["name"], dict(enumerate(now)))
        pending = sorted((sale for sale in sales if sale["name"] in seen and sale["name"] not in expected), key=lambda sale: sale["at"])
        for sale in pending:
            fits = all(
                left[place] >= quantity or (now[place] and seen[sale["name"]][place]) for place, quantity in sale["lines"]
            )
            expected[sale["name"]] = "synced" if fits else "insufficient_stock"
            if fits:
                for place, quantity in sale["lines"]:
                    left[place] -= quantity
        while sync(here, here.connection)["remaining"]:
            pass
        assert statuses(here) == expected
        assert [here.on_hand(place) for place in range(3)] == left
    assert {"synced", "insufficient_stock"} == set(expected.values())
