"""Operations by several clients at once: nothing is sold twice, no key has two effects, and nobody deadlocks."""

import fractions
import itertools
import random
import threading
import uuid

import psycopg2.errors
import psycopg2.extras
import pytest
from conftest import all_answered, at_once, call, connect, is_waiting, rows, value, wait_until

CLIENTS = 32

# The ways to take one unit: each says whether it did.
WAYS = {
    "record_sale": lambda shop, connection: call(connection, "record_sale", shop.store, [(shop.skus[0], 1)])["success"],
    "two lines": lambda shop, connection: call(
        connection, "record_sale", shop.store, [(shop.skus[0], 0.5), (shop.skus[0], 0.5)]
    )["success"],
    "adjust_stock": lambda shop, connection: call(connection, "adjust_stock", shop.store, [(shop.skus[0], -1)], reason="t")["success"],
    "plain UPDATE": lambda shop, connection: rows(
        connection, "update inventory.inventory_stock set on_hand = on_hand - 1 where store_id = %s and product_id = %s",
        shop.store_id, shop.product_ids[0],
    ) == [],
    "ledger INSERT": lambda shop, connection: rows(
        connection, "insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta) values (%s, %s, 'sale', -1)",
        shop.store_id, shop.product_ids[0],
    ) == [],
    "deduct_inventory_atomic": lambda shop, connection: call(
        connection, "deduct_inventory_atomic", shop.store, [(shop.skus[0], 1)], transaction_id=str(uuid.uuid4())
    )["success"],
    "deduct_inventory_many": lambda shop, connection: value(
        connection, "select inventory.deduct_inventory_many(%s) #> '{0,success}'",
        psycopg2.extras.Json([{"store": shop.store, "transaction_id": str(uuid.uuid4()), "lines": one_of(shop)}]),
    ),
    "reserve and pay": lambda shop, connection: reserve_and_pay(shop, connection, str(uuid.uuid4())),
    "set_stock": lambda shop, connection: set_one_less(shop, connection),
    "sync_all_pending": lambda shop, connection: sync_one(shop, connection),
    "approve_transaction": lambda shop, connection: approve_one(shop, connection),
}


def one_of(shop):
    return [{"sku": shop.skus[0], "quantity": 1}]


def reserve_and_pay(shop, connection, order):
    if not value(connection, "select inventory.reserve_stock(%s, %s, %s) -> 'success'", order, shop.store, psycopg2.extras.Json(one_of(shop))):
        return False
    assert value(connection, "select inventory.process_order_stock_reduction(%s, %s) -> 'success'", order, shop.store)
    return True


def set_one_less(shop, connection):
    """Compares and sets until nobody was faster, or nothing is left."""
    while (left := shop.on_hand_seen_by(connection)) > 0:
        lines = [{"sku": shop.skus[0], "quantity": left - 1, "expected_quantity": left}]
        answer = value(connection, "select inventory.set_stock(%s, %s)", shop.store, psycopg2.extras.Json(lines))
        if answer["success"]:
            return True
        # Short: what is left is reserved, and not paid yet.
        assert [error["code"] for error in answer["errors"]] in (["version_conflict"], ["insufficient_stock"])
    return False


def queue_one(shop, connection):
    transaction_id = str(uuid.uuid4())
    assert call(connection, "queue_transaction", shop.store, [(shop.skus[0], 1)], transaction_id=transaction_id, device="till")["success"]
    return transaction_id


def status_of(connection, transaction_id):
    return value(connection, "select status from inventory.offline_transaction_queue where transaction_id = %s", transaction_id)


def is_taken(shop, connection, transaction_id):
    """Closes it where it was not."""
    value(connection, "select inventory.reject_transaction(%s, %s, 'boss')", transaction_id, shop.store)
    return status_of(connection, transaction_id) in ("approved", "synced")


def sync_one(shop, connection):
    """Another client's sync may have it in hand."""
    transaction_id = queue_one(shop, connection)
    wait_until(
        lambda: value(connection, "select inventory.sync_all_pending(%s) is not null", shop.store) and status_of(connection, transaction_id) != "pending"
    )
    return is_taken(shop, connection, transaction_id)


def approve_one(shop, connection):
    """Another client's sync may have been first: with the stock, or to find none."""
    transaction_id = queue_one(shop, connection)
    answer = value(connection, "select inventory.approve_transaction(%s, %s, 'boss')", transaction_id, shop.store)
    taken = is_taken(shop, connection, transaction_id)
    assert taken or [error["code"] for error in answer["errors"]] == ["insufficient_stock"]
    return taken


@pytest.mark.parametrize("one, other", itertools.combinations_with_replacement(WAYS, 2))
def test_t1_the_last_units_are_sold_once(shop, one, other):
    here = shop()
    here.receive(20)
    taken = at_once(CLIENTS, lambda number, connection: WAYS[(one, other)[number % 2]](here, connection))
    assert all(isinstance(each, (bool, psycopg2.errors.CheckViolation)) for each in taken)
    assert sum(each is True for each in taken) == 20
    assert here.on_hand() == 0


def test_t5_carts_with_the_same_skus_in_any_order_do_not_deadlock(shop):
    here = shop(6)
    here.receive(100000)

    def work(number, connection):
        random_order = random.Random(number)
        for turn in range(60):
            skus = random_order.sample(here.skus, 4)
            operation, extra = [("record_sale", {}), ("receive_purchase", {}), ("adjust_stock", {"reason": "t"}), ("set_stock", {})][turn % 4]
            assert call(connection, operation, here.store, [(sku, 1 + turn % 3) for sku in skus], **extra)["success"] or turn % 4 == 0
        return "done"

    assert at_once(8, work) == ["done"] * 8
    assert here.deadlocks() == here.deadlocks_before


def test_t6_the_first_movement_of_a_product_makes_one_stock_row(shop):
    here = shop()
    answers = at_once(CLIENTS, lambda number, connection: call(connection, "receive_purchase", here.store, [(here.skus[0], 1)]))
    assert sorted(answer["movements"][0]["version"] for answer in answers) == list(range(1, CLIENTS + 1))
    assert here.on_hand() == CLIENTS


@pytest.mark.parametrize("name", ["idempotency_key", "transaction_id"])
def test_t7_concurrent_duplicates_have_one_effect_and_one_answer(shop, name):
    here = shop()
    here.receive(100)
    answers = at_once(16, lambda number, connection: call(connection, "record_sale", here.store, [(here.skus[0], 3)], **{name: "k"}))
    assert sorted(answer["replayed"] for answer in answers) == [False] + [True] * 15
    assert len({str(answer["movements"]) + answer["ticket"] for answer in answers}) == 1
    assert here.on_hand() == 97


def test_t8_a_sale_uploaded_from_two_tabs_under_two_keys_is_one(shop):
    here = shop()
    here.receive(100)
    answers = at_once(
        8,
        lambda number, connection: call(
            connection, "record_sale", here.store, [(here.skus[0], 3)], transaction_id="t", idempotency_key=f"tab {number}"
        ),
    )
    assert sorted(answer["replayed"] for answer in answers) == [False] + [True] * 7
    assert here.on_hand() == 97


def waiting_duplicates(here, first, count, **arguments):
    """Starts clients that ask the same as `first`, whose transaction is open; returns how to get their answers."""
    connections = [connect() for _ in range(count)]
    pids = [connection.info.backend_pid for connection in connections]
    answers = [None] * count

    def work(number):
        answers[number] = call(connections[number], "record_sale", here.store, [(here.skus[0], 3)], **arguments)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    wait_until(lambda: all(is_waiting(here.connection, pid) for pid in pids))

    def finish():
        for thread in threads:
            thread.join(timeout=60)
        for connection in connections:
            connection.close()
        first.close()
        return answers

    return finish


@pytest.mark.sessions
@pytest.mark.parametrize("ending, replays", [("commit", [True, True]), ("rollback", [False, True])])
def test_t7_duplicates_wait_for_the_first_one(shop, ending, replays):
    here = shop()
    here.receive(10)
    first = connect()
    first.autocommit = False
    assert call(first, "record_sale", here.store, [(here.skus[0], 3)], idempotency_key="k")["success"]
    finish = waiting_duplicates(here, first, 2, idempotency_key="k")
    getattr(first, ending)()
    assert sorted(answer["replayed"] for answer in finish()) == replays
    assert here.on_hand() == 7


@pytest.mark.sessions
def test_t7_a_duplicate_of_a_refused_request_runs_itself(shop):
    here = shop()
    here.receive(1)
    first = connect()
    first.autocommit = False
    assert not call(first, "record_sale", here.store, [(here.skus[0], 3)], idempotency_key="k")["success"]
    call(first, "receive_purchase", here.store, [(here.skus[0], 9)])
    finish = waiting_duplicates(here, first, 1, idempotency_key="k")
    first.commit()
    (answer,) = finish()
    assert answer["success"] and not answer["replayed"]
    assert here.on_hand() == 7


def test_batches_that_share_keys_in_opposite_order_do_not_deadlock(shop):
    here = shop()
    keys = [f"k{i}" for i in range(12)]

    def work(number, connection):
        connection.autocommit = False
        shuffled = random.Random(number)
        for turn in range(80):
            # Two scopes, so that the order is one over both.
            batch = [(scope, key) for scope in ("record_sale", "transaction") for key in keys]
            if number % 2:
                batch.reverse()
            if turn % 3 == 0:
                shuffled.shuffle(batch)
            rows(
                connection, "select * from inventory._claim_keys(%s::bigint[], %s, %s)",
                [here.store_id] * len(batch), [scope for scope, _ in batch], [key for _, key in batch],
            )
            # Free again, as after a refusal: the next one claims them.
            rows(connection, "delete from inventory.inventory_deduction_idempotency where store_id = %s", here.store_id)
            connection.commit()
        return "done"

    assert at_once(6, work) == ["done"] * 6
    assert here.deadlocks() == here.deadlocks_before


def test_single_calls_with_key_and_transaction_id_do_not_deadlock_with_batches(shop):
    here = shop()
    here.receive(10000)

    def work(number, connection):
        if number % 2:
            for turn in range(60):
                call(
                    connection, "record_sale", here.store, [(here.skus[0], 1)],
                    idempotency_key=f"{number % 4} {turn}", transaction_id=f"{number % 4} {turn}",
                )
        else:
            connection.autocommit = False
            for turn in range(60):
                claims = [(scope, f"{of} {at}") for scope in ("transaction", "record_sale") for of in (3, 1) for at in range(turn, -1, -7)]
                rows(
                    connection, "select * from inventory._claim_keys(%s::bigint[], %s, %s)",
                    [here.store_id] * len(claims), [scope for scope, _ in claims], [key for _, key in claims],
                )
                connection.rollback()
        return "done"

    assert at_once(8, work) == ["done"] * 8
    assert here.deadlocks() == here.deadlocks_before


def test_two_returns_of_one_sale_take_back_no_more_than_it_sold(shop):
    here = shop()
    here.receive(100)
    call(here.connection, "record_sale", here.store, [(here.skus[0], 5)], reference="R")
    answers = at_once(12, lambda number, connection: call(connection, "return_sale", here.store, [(here.skus[0], 1)], sale="R"))
    assert sum(answer["success"] for answer in answers) == 5
    assert here.on_hand() == 100


def test_remainders_of_concurrent_fractions_are_exact(shop):
    here = shop()
    here.receive(100)
    value(here.connection, "select inventory.set_unit('third', 1, 3, sku => %s)", here.skus[0])
    sale = psycopg2.extras.Json([{"sku": here.skus[0], "quantity": 1, "unit": "third"}])

    def work(number, connection):
        return [value(connection, "select inventory.record_sale(%s, %s)", here.store, sale)["success"] for _ in range(9)]

    assert at_once(8, work) == [[True] * 9] * 8
    assert here.on_hand() == 100 - 8 * 9 // 3


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
@pytest.mark.parametrize("arguments", [{}, {"idempotency_key": "k"}, {"transaction_id": "t"}])
def test_above_read_committed_a_lost_race_is_a_clean_serialization_failure(shop, level, arguments):
    here = shop()
    here.receive(10)
    late = connect()
    late.set_session(isolation_level=level, autocommit=False)
    value(late, "select 1 from inventory.stores limit 1")
    call(here.connection, "record_sale", here.store, [(here.skus[0], 3)], **arguments)
    with pytest.raises(psycopg2.errors.SerializationFailure):
        call(late, "record_sale", here.store, [(here.skus[0], 3)], **arguments)
    late.rollback()
    answer = call(late, "record_sale", here.store, [(here.skus[0], 3)], **arguments)
    assert answer["success"] and answer["replayed"] == bool(arguments)
    late.commit()
    late.close()
    assert here.on_hand() == (7 if arguments else 4)


def test_a_call_in_a_savepoint_of_a_larger_transaction_is_undone_with_it(shop):
    here = shop()
    here.receive(10)
    client = connect()
    client.autocommit = False
    rows(client, "savepoint a")
    assert call(client, "record_sale", here.store, [(here.skus[0], 3)], idempotency_key="k")["success"]
    rows(client, "rollback to a")
    assert not call(client, "record_sale", here.store, [(here.skus[0], 30)], idempotency_key="k")["success"]
    assert not call(client, "record_sale", here.store, [(here.skus[0], 4)], idempotency_key="k")["replayed"]
    client.commit()
    client.close()
    assert here.on_hand() == 6


def test_random_operations_of_many_clients_add_up(shop):
    """What the answers say and what is there come to the same, fractions, replays and refusals among it."""
    here = shop(5)
    here.receive(40)
    for sku in here.skus:
        value(here.connection, "select inventory.set_unit('third', 1, 3, sku => %s)", sku)
    seed = random.randrange(2**32)
    print("seed", seed)

    def request(chance, keys):
        sku = chance.choice(here.skus)
        unit = chance.choice(["piece", "piece", "third"])
        lines = [{"sku": sku, "quantity": chance.randint(1, 6), "unit": unit}]
        if chance.random() < 0.4:
            lines.append({"sku": chance.choice(here.skus), "quantity": chance.choice([1, 2, 0.25])})
        if chance.random() < 0.5:
            lines = [{"sku": sku, "quantity": chance.randint(1, 6)}]
        key = chance.choice(keys)
        operation = chance.choice(["record_sale", "record_sale", "receive_purchase", "return_sale"])
        return operation, lines, {"idempotency_key": key} if operation == "record_sale" else {}

    def work(number, connection):
        chance = random.Random(seed + number)
        # Two clients share the keys of their sales, and so each other's answers and conflicts.
        keys = [f"{number // 2}-{i}" for i in range(60)]
        done = []
        for _ in range(120):
            operation, lines, named = request(chance, keys)
            arguments = "".join(f", {name} => %s" for name in named)
            answer = value(
                connection, f"select inventory.{operation}(%s, %s{arguments})", here.store, psycopg2.extras.Json(lines), *named.values()
            )
            assert answer["success"] or {error["code"] for error in answer["errors"]} <= {"insufficient_stock", "idempotency_conflict"}
            if answer["success"] and not answer["replayed"]:
                done.append((operation, lines, answer))
        return done

    results = at_once(8, work)
    all_answered(results)
    done = [each for result in results for each in result]
    assert here.deadlocks() == here.deadlocks_before
    exact = {sku: fractions.Fraction(40) for sku in here.skus}
    for operation, lines, answer in done:
        for line in lines:
            quantity = fractions.Fraction(str(line["quantity"])) / (3 if line.get("unit") == "third" else 1)
            exact[line["sku"]] += -quantity if operation == "record_sale" else quantity
    for place, sku in enumerate(here.skus):
        rest = rows(
            here.connection, "select numerator, denominator from inventory.stock_remainders where store_id = %s and product_id = %s",
            here.store_id, here.product_ids[place],
        )
        rest = fractions.Fraction(int(rest[0][0]), int(rest[0][1])) if rest else 0
        assert here.on_hand(place) + rest == exact[sku], (seed, sku)
    movements = [(m["sku"], m["version"]) for _, _, answer in done for m in answer["movements"]]
    assert len(movements) == len(set(movements))
    assert len(movements) + len(here.skus) == value(
        here.connection, "select count(*) from inventory.stock_ledger where store_id = %s", here.store_id
    )
