"""Reservations by several clients at once: each hold ends once, nobody gets what somebody else holds, and nobody deadlocks."""

import collections
import datetime
import itertools
import random
import threading

import psycopg2.errors
import psycopg2.extras
import pytest
from conftest import all_answered, at_once, call, connect, is_waiting, rows, value, wait_until

CLIENTS = 32
_orders = itertools.count(1)


def order_call(connection, operation, order, store, lines=None, **arguments):
    """Calls an operation on an order; lines are (sku, quantity)."""
    if lines is not None:
        arguments["lines"] = psycopg2.extras.Json([{"sku": sku, "quantity": quantity} for sku, quantity in lines])
    named = "".join(f", {name} => %s" for name in arguments)
    return value(connection, f"select inventory.{operation}(%s, %s{named})", order, store, *arguments.values())


def reserve(connection, order, here, lines=None, ttl="1 hour", **arguments):
    return order_call(connection, "reserve_stock", order, here.store, lines or [(here.skus[0], 1)], ttl=ttl, **arguments)


def pay(connection, order, here, lines=None, **arguments):
    return order_call(connection, "process_order_stock_reduction", order, here.store, lines, **arguments)


def unreserve(connection, order, here, lines=None, **arguments):
    return order_call(connection, "unreserve_stock", order, here.store, lines, **arguments)


def extend(connection, order, here, ttl="1 hour"):
    return order_call(connection, "extend_reservation", order, here.store, ttl=ttl)


def expire(connection, limit=10000):
    return value(connection, "select inventory.expire_reservations(%s)", limit)


def codes(answer):
    return [error["code"] for error in answer["errors"]]


def let_time_pass(here):
    rows(here.connection, "update inventory.stock_holds set expires_at = clock_timestamp() - interval '1 second' where store_id = %s", here.store_id)


def states(here, order):
    """The states of all holds that an order ever had."""
    return [
        row[0]
        for row in rows(
            here.connection,
            "select h.state from inventory.stock_holds as h join inventory.stock_reservations as r using (reservation_id)"
            " where r.store_id = %s and r.order_code = %s order by h.hold_id",
            here.store_id, order,
        )
    ]


def stock(here, place=0):
    return rows(
        here.connection, "select on_hand, reserved from inventory.inventory_stock where store_id = %s and product_id = %s",
        here.store_id, here.product_ids[place],
    )[0]


def opened(level=None):
    connection = connect()
    connection.set_session(isolation_level=level, autocommit=False)
    return connection


def impatient():
    """A client to which waiting for a lock is an error."""
    connection = connect(pooled=False)
    rows(connection, "set lock_timeout = '10ms'")
    return connection


def in_background(work):
    """Runs work(connection) in a client of its own; returns its pid and how to get the result."""
    connection = connect()
    result = []

    def run():
        try:
            result.append(work(connection))
        except psycopg2.Error as error:
            result.append(error)

    thread = threading.Thread(target=run)
    thread.start()

    def finish():
        thread.join(timeout=60)
        assert not thread.is_alive()
        connection.close()
        return result[0]

    return connection.info.backend_pid, finish


def reserve_and_pay(here, connection):
    order = f"o{next(_orders)}"
    return reserve(connection, order, here)["success"] and pay(connection, order, here)["shortfall"] == []


# The ways to take one unit: each says whether it did.
WAYS = {
    "reserve": lambda here, connection: reserve(connection, f"o{next(_orders)}", here)["success"],
    "reserve and pay": reserve_and_pay,
    "record_sale": lambda here, connection: call(connection, "record_sale", here.store, [(here.skus[0], 1)])["success"],
    "plain UPDATE": lambda here, connection: rows(
        connection, "update inventory.inventory_stock set on_hand = on_hand - 1 where store_id = %s and product_id = %s",
        here.store_id, here.product_ids[0],
    ) == [],
}


@pytest.mark.parametrize("one, other", [("reserve", way) for way in WAYS] + [("reserve and pay", way) for way in list(WAYS)[1:]])
def test_t1_the_last_units_are_reserved_or_sold_once(shop, one, other):
    here = shop()
    here.receive(20)
    taken = at_once(CLIENTS, lambda number, connection: WAYS[(one, other)[number % 2]](here, connection))
    assert all(isinstance(each, (bool, psycopg2.errors.CheckViolation)) for each in taken), taken
    assert sum(each is True for each in taken) == 20
    on_hand, reserved = stock(here)
    assert on_hand - reserved == 0


def test_t1_the_last_units_are_reserved_once_by_orders_of_several_products(shop):
    here = shop(2)
    here.receive(20)
    lines = [(sku, 1) for sku in here.skus]
    answers = at_once(CLIENTS, lambda number, connection: reserve(connection, f"o{next(_orders)}", here, lines))
    assert sum(answer["success"] for answer in answers) == 20
    assert stock(here) == (20, 20)


def test_t1_the_last_units_that_expired_holds_still_have_are_reserved_once(shop):
    here = shop()
    here.receive(20)
    for _ in range(20):
        assert reserve(here.connection, f"o{next(_orders)}", here)["success"]
    let_time_pass(here)
    answers = at_once(CLIENTS, lambda number, connection: reserve(connection, f"o{next(_orders)}", here))
    assert sum(answer["success"] for answer in answers) == 20
    assert stock(here) == (20, 20)


def test_t9_a_payment_and_the_expiry_of_its_hold_have_one_outcome(shop):
    here = shop(3)
    here.receive(200)
    orders = [f"o{number}" for number in range(60)]
    for order in orders:
        assert reserve(here.connection, order, here, [(sku, 2) for sku in here.skus])["success"]
    let_time_pass(here)

    def work(number, connection):
        if number % 2:
            return sum(expire(connection, 7) for _ in range(60))
        return [pay(connection, order, here) for order in orders[number // 2 :: 4]]

    results = at_once(8, work)
    for answers in results[::2]:
        assert all(answer["success"] and answer["shortfall"] == [] for answer in answers), results
    expire(here.connection)
    assert [stock(here, place) for place in range(3)] == [(200 - 60 * 2, 0)] * 3
    assert {state for order in orders for state in states(here, order)} == {"expired"}
    # Each hold was given back once, by whoever came first.
    assert value(
        here.connection, "select count(*) from inventory.stock_ledger where store_id = %s and reason = 'expired'", here.store_id
    ) == 60 * 3
    assert here.deadlocks() == here.deadlocks_before


@pytest.mark.sessions
@pytest.mark.parametrize("ending", ["commit", "rollback"])
def test_t9_a_payment_waits_for_the_sweeper_that_has_its_stock_row(shop, ending):
    here = shop()
    here.receive(5)
    assert reserve(here.connection, "o", here)["success"]
    let_time_pass(here)
    sweeper = opened()
    assert expire(sweeper) == 1
    pid, finish = in_background(lambda connection: pay(connection, "o", here))
    wait_until(lambda: is_waiting(here.connection, pid))
    getattr(sweeper, ending)()
    sweeper.close()
    answer = finish()
    assert answer["success"] and answer["shortfall"] == []
    assert states(here, "o") == ["expired"]
    assert stock(here) == (4, 0)


@pytest.mark.parametrize("operation", [pay, unreserve])
def test_the_sweeper_does_not_wait_for_who_has_an_order_in_hand(shop, operation):
    here = shop()
    here.receive(5)
    assert reserve(here.connection, "o", here)["success"]
    client = opened()
    assert operation(client, "o", here)["success"]
    sweeper = impatient()
    assert expire(sweeper) == 0
    client.commit()
    assert expire(sweeper) == 0
    client.close()
    sweeper.close()
    assert states(here, "o") == ["committed" if operation is pay else "released"]


def test_expiry_racing_with_cancelling_gives_back_once(shop):
    here = shop(2)
    here.receive(500)
    orders = [f"o{number}" for number in range(80)]
    for order in orders:
        assert reserve(here.connection, order, here, [(sku, 3) for sku in here.skus], ttl="200 milliseconds")["success"]

    def work(number, connection):
        if number % 2:
            return sum(expire(connection, 5) for _ in range(100))
        return [unreserve(connection, order, here) for order in orders[number // 2 :: 4]]

    results = at_once(8, work)
    assert all(answer["success"] for answers in results[::2] for answer in answers), results
    assert [stock(here, place) for place in range(2)] == [(500, 0)] * 2
    given_back = rows(
        here.connection,
        "select reference, product_id, count(*), sum(reserved_delta) from inventory.stock_ledger where store_id = %s and kind = 'release' group by 1, 2",
        here.store_id,
    )
    assert len(given_back) == 160 and {row[2:] for row in given_back} == {(1, -3)}
    assert here.deadlocks() == here.deadlocks_before


@pytest.mark.sessions
@pytest.mark.parametrize("ending", ["commit", "rollback"])
def test_cancelling_waits_for_the_sweeper(shop, ending):
    here = shop()
    here.receive(5)
    assert reserve(here.connection, "o", here, ttl="1 microsecond")["success"]
    sweeper = opened()
    assert expire(sweeper) == 1
    pid, finish = in_background(lambda connection: unreserve(connection, "o", here))
    wait_until(lambda: is_waiting(here.connection, pid))
    getattr(sweeper, ending)()
    sweeper.close()
    answer = finish()
    assert answer["success"] and answer["movements"] == []
    assert states(here, "o") == ["expired"] and stock(here) == (5, 0)


def test_t12_the_sweeper_and_others_pass_over_a_hold_that_is_being_prolonged(shop):
    here = shop()
    here.receive(1)
    until = reserve(here.connection, "o", here, ttl="300 milliseconds")["reservation"]["expires_at"]
    client = opened()
    assert extend(client, "o", here)["success"]
    wait_until(lambda: value(here.connection, "select clock_timestamp() > %s::timestamptz", until))
    other = impatient()
    assert expire(other) == 0
    assert codes(reserve(other, "p", here)) == ["insufficient_stock"]
    client.commit()
    assert expire(other) == 0
    assert codes(reserve(other, "p", here)) == ["insufficient_stock"]
    client.close()
    other.close()
    assert states(here, "o") == ["held"] and stock(here) == (1, 1)


@pytest.mark.sessions
@pytest.mark.parametrize("ending", ["commit", "rollback"])
def test_t12_prolonging_waits_for_the_sweeper_and_is_too_late(shop, ending):
    here = shop()
    here.receive(1)
    assert reserve(here.connection, "o", here)["success"]
    # Prolonging finds it held when it begins, and the sweeper's transaction open.
    let_time_pass(here)
    sweeper = opened()
    assert expire(sweeper) == 1
    pid, finish = in_background(lambda connection: extend(connection, "o", here))
    wait_until(lambda: is_waiting(here.connection, pid))
    getattr(sweeper, ending)()
    sweeper.close()
    assert codes(finish()) == ["reservation_expired"]
    expire(here.connection)
    assert states(here, "o") == ["expired"] and stock(here) == (1, 0)


def test_t12_no_hold_expires_before_the_time_that_was_promised_last(shop):
    here = shop(2)
    here.receive(1000)

    def work(number, connection):
        if number >= 4:
            return sum(expire(connection, 3) for _ in range(400))
        promised = {}
        for turn in range(40):
            order = f"{number}-{turn}"
            answer = reserve(connection, order, here, [(sku, 1) for sku in here.skus], ttl="3 milliseconds")
            while answer["success"]:
                promised[order] = answer["reservation"]["expires_at"]
                if len(promised) % 3 == 0 and random.random() < 0.2:
                    break
                answer = extend(connection, order, here, ttl="3 milliseconds")
        return promised

    results = at_once(8, work)
    all_answered(results[:4])
    promised = {order: datetime.datetime.fromisoformat(time) for result in results[:4] for order, time in result.items()}
    assert len(promised) == 160
    wait_until(lambda: expire(here.connection) == 0 and stock(here) == (1000, 0) and stock(here, 1) == (1000, 0))
    given_back = rows(
        here.connection, "select reference, recorded_at from inventory.stock_ledger where store_id = %s and reason = 'expired'", here.store_id
    )
    assert len(given_back) == 320
    assert [row for row in given_back if row[1] < promised[row[0]]] == []
    assert here.deadlocks() == here.deadlocks_before


def test_two_sweepers_share_the_work_and_wait_for_neither(shop):
    here = shop(4)
    here.receive(100)
    for number in range(20):
        assert reserve(here.connection, f"o{number}", here, [(here.skus[number % 4], 1)], ttl="1 microsecond")["success"]
    first, second = opened(), impatient()
    assert expire(first, 2) == 2
    # The other two stock rows are free.
    assert expire(second) == 10
    first.commit()
    assert expire(second) == 8
    assert [stock(here, place) for place in range(4)] == [(100, 0)] * 4
    first.close()
    second.close()


def test_t10_sweepers_at_once_let_each_hold_expire_once(shop):
    here = shop(200)
    here.receive(10000)
    lines = [(sku, 1) for sku in here.skus]

    def fill(number, connection):
        for order in range(number, 500, 4):
            assert reserve(connection, f"o{order}", here, lines, ttl="1 microsecond")["success"]

    all_answered(at_once(4, fill))

    def work(number, connection):
        expired = 0
        while True:
            batch = expire(connection, 1000)
            assert batch <= 1000
            expired += batch
            if batch == 0 and not value(
                connection, "select exists (select from inventory.stock_holds where store_id = %s and state = 'held')", here.store_id
            ):
                return expired

    assert sum(at_once(4, work)) == 100_000
    assert [stock(here, place) for place in range(200)] == [(10000, 0)] * 200
    assert here.deadlocks() == here.deadlocks_before


def test_t10_a_stock_row_in_somebodys_hands_does_not_keep_others_waiting(shop):
    here = shop(2)
    here.receive(100)
    for number in range(30):
        assert reserve(here.connection, f"hot{number}", here, [(here.skus[0], 1)], ttl="1 microsecond")["success"]
    for number in range(5):
        assert reserve(here.connection, f"cold{number}", here, [(here.skus[1], 1)], ttl="1 microsecond")["success"]
    client, sweeper = opened(), impatient()
    call(client, "record_sale", here.store, [(here.skus[0], 1)])
    # Fewer than the hot row has, and all of them older.
    assert expire(sweeper, 10) == 5
    client.commit()
    assert expire(sweeper) == 30
    client.close()
    sweeper.close()


def test_t12_an_order_that_is_reserved_by_many_at_once_holds_what_the_last_one_said(shop):
    here = shop(6)
    here.receive(100)
    wanted = [[(sku, 1 + number) for sku in here.skus[number % 6 :: 2]] for number in range(16)]
    for turn in range(10):
        answers = at_once(16, lambda number, connection, order=f"o{turn}": reserve(connection, order, here, wanted[number]))
        assert all(answer["success"] for answer in answers), answers
        held = rows(
            here.connection,
            "select p.sku, h.units from inventory.stock_holds as h join inventory.stock_reservations as r using (reservation_id)"
            " join inventory.products as p using (product_id) where r.store_id = %s and r.order_code = %s and h.state = 'held' order by 1",
            here.store_id, f"o{turn}",
        )
        assert held in [sorted(lines) for lines in wanted]
        assert unreserve(here.connection, f"o{turn}", here)["success"]
    assert here.deadlocks() == here.deadlocks_before


@pytest.mark.parametrize("operation", [pay, unreserve])
def test_t11_an_order_is_taken_or_given_back_once(shop, operation):
    here = shop()
    here.receive(100)
    assert reserve(here.connection, "o", here, [(here.skus[0], 3)])["success"]
    answers = at_once(16, lambda number, connection: operation(connection, "o", here))
    assert collections.Counter("done" if answer["success"] else codes(answer)[0] for answer in answers) == {"done": 1, "not_reserved": 15}
    assert stock(here) == (97 if operation is pay else 100, 0)


def test_t11_paying_and_cancelling_at_once_have_one_outcome(shop):
    here = shop()
    here.receive(100)
    for turn in range(20):
        order = f"o{turn}"
        assert reserve(here.connection, order, here, [(here.skus[0], 3)])["success"]
        before = here.on_hand()
        answers = at_once(4, lambda number, connection, order=order: (pay, unreserve)[number % 2](connection, order, here))
        assert sorted(answer["success"] for answer in answers) == [False, False, False, True]
        assert before - here.on_hand() == (3 if states(here, order) == ["committed"] else 0)


def test_a_payment_waits_for_who_has_the_order(shop):
    here = shop()
    here.receive(100)
    assert reserve(here.connection, "o", here, [(here.skus[0], 3)])["success"]
    other = opened()
    other.autocommit = False
    rows(other, "select from inventory.stock_reservations where store_id = %s and order_code = 'o' for no key update", here.store_id)
    with pytest.raises(psycopg2.errors.LockNotAvailable):
        pay(impatient(), "o", here)
    other.rollback()
    assert pay(here.connection, "o", here)["success"]


def test_t8_a_payment_that_is_told_by_many_at_once_is_one(shop):
    here = shop()
    here.receive(100)
    assert reserve(here.connection, "o", here, [(here.skus[0], 3)])["success"]
    answers = at_once(
        8, lambda number, connection: pay(connection, "o", here, transaction_id="payment", idempotency_key=f"k{number}")
    )
    assert all(answer["success"] for answer in answers)
    assert sorted(answer["replayed"] for answer in answers) == [False] + [True] * 7
    assert here.on_hand() == 97


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
@pytest.mark.parametrize("operation", [reserve, pay, unreserve, extend])
def test_above_read_committed_a_lost_race_is_a_clean_serialization_failure(shop, level, operation):
    here = shop()
    here.receive(10)
    assert reserve(here.connection, "o", here, [(here.skus[0], 2)])["success"]
    late = opened(level)
    value(late, "select 1 from inventory.stores limit 1")
    assert reserve(here.connection, "o", here, [(here.skus[0], 3)])["success"]
    with pytest.raises(psycopg2.errors.SerializationFailure):
        operation(late, "o", here)
    late.rollback()
    assert operation(late, "o", here)["success"]
    late.commit()
    late.close()


def test_t5_carts_are_reserved_prolonged_paid_given_back_and_expire_in_any_order_without_deadlock(shop):
    """And what the answers say comes to what is there."""
    here = shop(6)
    here.receive(300)
    seed = random.randrange(2**32)
    print("seed", seed)

    def work(number, connection):
        chance = random.Random(seed + number)
        sold = collections.Counter()
        for _ in range(150):
            # Orders are shared between clients.
            order = f"o{chance.randrange(25)}"
            lines = [(sku, chance.randint(1, 4)) for sku in chance.sample(here.skus, chance.randint(1, 4))]
            ttl = chance.choice(["1 microsecond", "5 milliseconds", "1 hour"])
            operation = chance.choice(["reserve", "reserve", "reserve", "extend", "pay", "pay", "unreserve", "expire", "sale"])
            if operation == "expire":
                expire(connection, chance.randint(1, 20))
                continue
            answer = {
                "reserve": lambda: reserve(connection, order, here, lines, ttl=ttl),
                "extend": lambda: extend(connection, order, here, ttl),
                "pay": lambda: pay(connection, order, here, chance.choice([None, lines]), rest=chance.choice(["keep", "release"])),
                "unreserve": lambda: unreserve(connection, order, here, chance.choice([None, lines])),
                "sale": lambda: call(connection, "record_sale", here.store, lines),
            }[operation]()
            assert answer["success"] or set(codes(answer)) <= {
                "insufficient_stock", "not_reserved", "exceeds_reservation", "reservation_expired"
            }, answer
            for movement in answer["movements"]:
                sold[movement["sku"]] -= movement["on_hand_delta"]
        return sold

    results = at_once(8, work)
    all_answered(results)
    assert here.deadlocks() == here.deadlocks_before
    sold = sum(results, collections.Counter())
    for place, sku in enumerate(here.skus):
        assert here.on_hand(place) == 300 - sold[sku], (seed, sku)
    let_time_pass(here)
    expire(here.connection)
    assert [stock(here, place)[1] for place in range(6)] == [0] * 6
