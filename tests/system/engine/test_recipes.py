"""Deductions by recipe and compensations by several clients at once: nothing is taken or given back twice, exactly."""

import fractions
import itertools
import random
import threading

import psycopg2.errors
import psycopg2.extras
import pytest
from conftest import all_answered, at_once, call, connect, is_waiting, rows, value, wait_until
from test_concurrency import CLIENTS, WAYS

_ids = itertools.count(1)


class Kitchen:
    """A shop whose products are made of ingredients: recipes by sku as {place of the stock: (quantity, numerator, denominator)}."""

    def __init__(self, shop, stock, recipes):
        self.shop = shop(stock + len(recipes))
        self.store = self.shop.store
        self.connection = self.shop.connection
        self.stock = self.shop.skus[:stock]
        self.dishes = self.shop.skus[stock:]
        for dish, recipe in zip(self.dishes, recipes):
            ingredients = [
                {"name": f"{dish} {place}", "quantity": quantity, "unit": "u"} for place, (quantity, _, _) in recipe.items()
            ]
            rows(self.connection, "select inventory.set_recipe(%s, %s)", dish, psycopg2.extras.Json(ingredients))
            for place, (_, numerator, denominator) in recipe.items():
                rows(
                    self.connection, "select inventory.set_conversion_mapping(%s, %s, 'u', %s, %s, %s)",
                    self.store, f"{dish} {place}", self.stock[place], numerator, denominator,
                )

    def receive(self, quantity):
        for sku in self.stock:
            call(self.connection, "receive_purchase", self.store, [(sku, quantity)])

    def deduct(self, connection, lines, transaction_id=None, **arguments):
        return call(
            connection, "deduct_inventory_atomic", self.store, lines,
            transaction_id=transaction_id or f"{self.store} {next(_ids)}", **arguments,
        )

    def compensate(self, connection, transaction_id, lines=None, key=None):
        return value(
            connection, "select inventory.compensate_deduction(%s, %s, %s, idempotency_key => %s)",
            transaction_id, psycopg2.extras.Json(lines) if lines else None, self.store, key,
        )

    def left(self):
        """What is there of the stock, exactly."""
        return [
            int(on_hand) + fractions.Fraction(int(numerator), int(denominator))
            for on_hand, numerator, denominator in rows(
                self.connection,
                """
                select s.on_hand, coalesce(r.numerator, 0), coalesce(r.denominator, 1)
                from inventory.inventory_stock as s
                left join inventory.stock_remainders as r using (store_id, product_id)
                where s.store_id = %s and s.product_id = any (%s)
                order by s.product_id
                """,
                self.shop.store_id, self.shop.product_ids[: len(self.stock)],
            )
        ]


@pytest.fixture
def kitchen(shop):
    return lambda stock, recipes: Kitchen(shop, stock, recipes)


@pytest.mark.parametrize("party_lengths", [(1,), (201,), (1, 201)])
@pytest.mark.parametrize("other", [None, *WAYS])
def test_t1_the_last_ingredients_are_taken_once(kitchen, other, party_lengths):
    """By the short way, the long one, which has a long text, and both at once."""
    here = kitchen(2, [{0: (1, 1, 1), 1: (1, 1, 1)}])
    here.receive(20)

    def work(number, connection):
        if other and number % 2:
            return WAYS[other](here.shop, connection)
        party = "p" * party_lengths[number // 2 % len(party_lengths)]
        return here.deduct(connection, [(here.dishes[0], 1)], party=party)["success"]

    taken = at_once(CLIENTS, work)
    assert all(isinstance(each, (bool, psycopg2.errors.CheckViolation)) for each in taken)
    assert sum(each is True for each in taken) == 20
    assert here.left()[0] == 0


def test_t5_recipes_that_name_ingredients_in_any_order_do_not_deadlock(kitchen):
    orders = [dict.fromkeys(order, (1, 1, 1)) for order in ([0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3], [1, 3])]
    here = kitchen(4, orders)
    here.receive(100000)

    def work(number, connection):
        chance = random.Random(number)
        for turn in range(50):
            name = f"{here.store} {number} {turn}"
            # Those with a long text take the long way.
            party = "p" * chance.choice([1, 201])
            assert here.deduct(connection, [(dish, 1) for dish in chance.sample(here.dishes, 3)], name, party=party)["success"]
            if turn % 2:
                assert here.compensate(connection, name, [{"line": 2}])["success"]
            if turn % 3:
                assert here.compensate(connection, name)["success"]
            assert call(connection, "record_sale", here.store, [(sku, 1) for sku in chance.sample(here.stock, 3)])["success"]
        return "done"

    assert at_once(8, work) == ["done"] * 8
    assert here.shop.deadlocks() == here.shop.deadlocks_before


@pytest.mark.parametrize("key", [None, "k"])
def test_t7_concurrent_duplicates_of_a_deduction_have_one_effect(kitchen, key):
    here = kitchen(2, [{0: (2, 1, 1), 1: (1, 1, 3)}])
    here.receive(100)
    named = {"idempotency_key": key} if key else {}
    answers = at_once(16, lambda number, connection: here.deduct(connection, [(here.dishes[0], 3)], "t", **named))
    assert sorted(answer["replayed"] for answer in answers) == [False] + [True] * 15
    assert here.left() == [94, 99]


def test_two_compensations_of_a_deduction_give_back_what_it_took(kitchen):
    here = kitchen(2, [{0: (2, 1, 1), 1: (1, 1, 3)}])
    here.receive(100)
    for turn in range(6):
        name = f"{here.store} {turn}"
        here.deduct(here.connection, [(here.dishes[0], 5), (here.stock[0], 1)], name)
        answers = at_once(8, lambda number, connection: here.compensate(connection, name))
        assert sorted(answer["itemsRestored"] for answer in answers) == [0] * 7 + [2]
        assert here.left() == [100, 100]


def test_compensations_by_quantity_stop_at_what_was_taken(kitchen):
    here = kitchen(2, [{0: (2, 1, 1), 1: (1, 1, 3)}])
    here.receive(100)
    here.deduct(here.connection, [(here.dishes[0], 5)], "t")
    answers = at_once(12, lambda number, connection: here.compensate(connection, "t", [{"line": 1, "quantity": 1}]))
    assert sum(answer["success"] for answer in answers) == 5
    assert {error["code"] for answer in answers for error in answer["errors"]} == {"compensation_exceeds_deduction"}
    assert here.left() == [100, 100]


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_above_read_committed_a_lost_compensation_is_a_serialization_failure(kitchen, level):
    here = kitchen(1, [{0: (2, 1, 1)}])
    here.receive(100)
    here.deduct(here.connection, [(here.dishes[0], 5)], "t")
    late = connect()
    late.set_session(isolation_level=level, autocommit=False)
    value(late, "select 1 from inventory.stores limit 1")
    assert here.compensate(here.connection, "t")["itemsRestored"] == 1
    with pytest.raises(psycopg2.errors.SerializationFailure):
        here.compensate(late, "t")
    late.rollback()
    assert here.compensate(late, "t")["itemsRestored"] == 0
    late.commit()
    late.close()
    assert here.left() == [100]


@pytest.mark.sessions
def test_t14_a_compensation_that_is_killed_half_way_is_done_again(kitchen):
    """It dies between its first lock and its last, and once more after its last write: each time as if it had not begun."""
    here = kitchen(3, [{0: (2, 1, 1), 1: (1, 1, 3), 2: (1, 1, 1)}])
    here.receive(100)
    here.deduct(here.connection, [(here.dishes[0], 5), (here.dishes[0], 1)], "t")
    assert here.compensate(here.connection, "t", [{"line": 2}], "first")["itemsRestored"] == 3
    after_first = here.left()
    holder = connect()
    holder.autocommit = False
    rows(
        holder, "select 1 from inventory.inventory_stock where store_id = %s and product_id = %s for update",
        here.shop.store_id, here.shop.product_ids[1],
    )
    victim = connect()
    pid = victim.info.backend_pid
    died = []

    def work():
        try:
            here.compensate(victim, "t", None, "second")
        except psycopg2.Error as error:
            died.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    wait_until(lambda: is_waiting(here.connection, pid))
    value(here.connection, "select pg_terminate_backend(%s)", pid)
    thread.join(timeout=60)
    assert died and not thread.is_alive()
    holder.rollback()
    holder.close()
    victim.close()
    assert here.left() == after_first
    victim = connect()
    victim.autocommit = False
    assert here.compensate(victim, "t", None, "second")["itemsRestored"] == 3
    value(here.connection, "select pg_terminate_backend(%s)", victim.info.backend_pid)
    with pytest.raises(psycopg2.Error):
        victim.commit()
    victim.close()
    assert here.left() == after_first
    assert [here.compensate(here.connection, "t", None, "second")["replayed"] for _ in range(2)] == [False, True]
    assert here.left() == [100, 100, 100]


def test_a_recipe_that_is_changed_meanwhile_is_the_old_one_or_the_new_one(kitchen):
    here = kitchen(2, [{0: (1, 1, 1), 1: (1, 1, 1)}])
    here.receive(100000)
    dish = here.dishes[0]

    def work(number, connection):
        for turn in range(40):
            if number == 0:
                quantity = 1 + turn % 2
                ingredients = [{"name": f"{dish} {place}", "quantity": quantity, "unit": "u"} for place in (turn % 2, 1 - turn % 2)]
                rows(connection, "select inventory.set_recipe(%s, %s)", dish, psycopg2.extras.Json(ingredients))
            else:
                taken = {m["on_hand_delta"] for m in here.deduct(connection, [(dish, 1)])["movements"]}
                assert taken in ({-1}, {-2})
        return "done"

    assert at_once(5, work) == ["done"] * 5
    assert here.left()[0] == here.left()[1]


def test_n_deductions_of_q_come_to_one_of_n_q(kitchen):
    seed = random.randrange(2**32)
    print("seed", seed)
    chance = random.Random(seed)
    for _ in range(12):
        quantity, numerator, denominator = chance.choice([0.1, 1, 2.5, 3]), chance.randint(1, 9), chance.randint(1, 12)
        count = chance.randint(2, 15)
        here = kitchen(1, [{0: (quantity, numerator, denominator)}])
        here.receive(5000)
        for _ in range(count):
            assert here.deduct(here.connection, [(here.dishes[0], 1)])["success"]
        by_ones = here.left()[0]
        assert here.deduct(here.connection, [(here.dishes[0], count)])["success"]
        assert by_ones - here.left()[0] == 5000 - by_ones == count * fractions.Fraction(str(quantity)) * numerator / denominator


def test_random_deductions_and_compensations_of_many_clients_add_up(kitchen):
    """What is left is what came in less what each deduction took and was not given back, computed here from the recipes alone."""
    recipes = [{0: (2, 1, 1), 1: (1, 1, 3)}, {1: (0.5, 2, 7), 2: (1, 5, 1)}, {2: (1, 1, 1), 0: (3, 1, 2), 1: (1, 1, 1)}]
    here = kitchen(3, recipes)
    here.receive(150)
    seed = random.randrange(2**32)
    print("seed", seed)

    def work(number, connection):
        chance = random.Random(seed + number)
        open_lines, done = {}, []
        for turn in range(60):
            if open_lines and chance.random() < 0.5:
                name = chance.choice(list(open_lines))
                lines = open_lines[name]
                asked, given = None, dict(lines)
                if chance.random() < 0.7:
                    line = chance.choice(list(lines))
                    asked, given = [{"line": line}], {line: lines[line]}
                    if chance.random() < 0.7:
                        some = chance.choice([1, 0.5, 0.25])
                        asked[0]["quantity"] = some
                        given = {line: (lines[line][0], fractions.Fraction(str(some)))}
                answer = here.compensate(connection, name, asked)
                fits = all(lines[line][1] >= quantity for line, (_, quantity) in given.items())
                assert answer["success"] == fits
                if fits:
                    for line, (dish, quantity) in given.items():
                        lines[line] = (dish, lines[line][1] - quantity)
                        done.append((dish, -quantity))
                continue
            order = [(chance.randrange(3), chance.choice([1, 2, 0.5])) for _ in range(chance.randint(1, 3))]
            name = f"{here.store} {number} {turn}"
            answer = here.deduct(connection, [(here.dishes[dish], quantity) for dish, quantity in order], name)
            assert answer["success"] or {error["code"] for error in answer["errors"]} == {"insufficient_stock"}
            if answer["success"]:
                open_lines[name] = {
                    place: (dish, fractions.Fraction(str(quantity))) for place, (dish, quantity) in enumerate(order, 1)
                }
                done += [(dish, fractions.Fraction(str(quantity))) for dish, quantity in order]
        return done

    results = at_once(8, work)
    all_answered(results)
    exact = [fractions.Fraction(150)] * 3
    for dish, sold in itertools.chain(*results):
        for place, (quantity, numerator, denominator) in recipes[dish].items():
            exact[place] -= sold * fractions.Fraction(str(quantity)) * numerator / denominator
    assert here.left() == exact, seed
    assert here.shop.deadlocks() == here.shop.deadlocks_before
