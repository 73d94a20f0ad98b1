"""deduct_inventory_many(): the same as one by one in order, whatever is in the batch, and batches of several clients at once."""

import json
import random
import re

import psycopg2.errors
import psycopg2.extras
import pytest
from conftest import at_once, call, rows, value

# Each compares by what the store's rows say, without ids, times and the store's own name.
TABLES = {
    "stock": """
        select p.sku, s.on_hand, s.reserved, s.version, s.allow_negative, r.numerator, r.denominator
        from inventory.inventory_stock as s join inventory.products as p using (product_id)
        left join inventory.stock_remainders as r using (store_id, product_id) where s.store_id = %s order by 1
    """,
    "ledger": """
        select p.sku, l.version, l.kind, l.on_hand_delta, l.on_hand_after, l.reason, l.reference, l.actor, l.correlation_id,
            l.occurred_at = '2026-01-01 00:00Z', l.document_id is null
        from inventory.stock_ledger as l join inventory.products as p using (product_id) where l.store_id = %s order by 1, 2
    """,
    "steps": """
        select p.sku, t.version, t.numerator, t.denominator, t.numerator_after, t.denominator_after
        from inventory.stock_remainder_steps as t join inventory.products as p using (product_id) where t.store_id = %s order by 1, 2
    """,
    "keys": """
        select scope, idempotency_key, request, result - 'ticket' #- '{document,id}'
        from inventory.inventory_deduction_idempotency where store_id = %s order by 1, 2
    """,
    "parts": """
        select d.transaction_id, t.line, t.product_id, t.numerator, t.denominator
        from inventory.inventory_deductions as d join inventory.inventory_deduction_parts as t using (document_id)
        where d.store_id = %s order by 1, 2, 3
    """,
    "documents": """
        select dense_rank() over (order by d.document_id), d.kind, d.reference, d.party, d.reason, d.actor, l.line, l.product_id, l.quantity,
            l.unit, l.numerator, l.denominator, l.price, l.version
        from inventory.stock_documents as d join inventory.stock_document_lines as l using (document_id)
        where d.store_id = %s order by d.document_id, l.line
    """,
    "refusals": "select operation, code, errors, actor, correlation_id from inventory.operation_refusals where store_id = %s order by refusal_id",
}


class Twins:
    """Two stores with the same stock and the same mappings."""

    def __init__(self, shop, seed):
        self.first, self.second = shop(9), shop()
        self.connection = self.first.connection
        self.skus = self.first.skus
        self.stores = [self.first.store, self.second.store]
        self.ids = [self.first.store_id, self.second.store_id]
        chance = random.Random(seed)
        stock, dishes = self.skus[:5], self.skus[5:]
        rows(self.connection, "update inventory.products set allow_negative = true where sku = any (%s)", [stock[3], stock[4]])
        for dish in dishes[:3]:
            ingredients = [
                {"name": sku, "quantity": chance.choice([1, 2, 0.5]), "unit": chance.choice(["u", "v"])} for sku in chance.sample(stock, chance.randint(1, 4))
            ]
            rows(self.connection, "select inventory.set_recipe(%s, %s, %s)", dish, psycopg2.extras.Json(ingredients), chance.choice([1, 1, 3]))
        for sku in stock:
            for unit, numerator, denominator in (("u", 1, 1), ("v", chance.randint(1, 5), chance.choice([1, 7]))):
                # One is a product that neither store has, and that is asked for by itself, too.
                taken = dishes[3] if unit == "v" and chance.random() < 0.2 else sku
                if chance.random() < 0.95:
                    for store in self.stores:
                        rows(
                            self.connection, "select inventory.set_conversion_mapping(%s, %s, %s, %s, %s, %s)",
                            store, sku, unit, taken, numerator, denominator,
                        )
        self.fill(chance)

    def fill(self, chance):
        # The last one has no stock row before it is taken.
        for sku in self.skus[:4]:
            quantity = chance.randint(1, 20)
            for store in self.stores:
                call(self.connection, "receive_purchase", store, [(sku, quantity)])

    def request(self, chance, names, versions):
        lines = [
            {"sku": chance.choice(self.skus), "quantity": chance.choice([1, 1, 2, 3, 0.25])} for _ in range(chance.randint(1, 3))
        ]
        request = {"lines": lines, "transaction_id": chance.choice(names), "actor": chance.choice(["a", "b"]), "occurred_at": "2026-01-01T00:00:00Z"}
        if chance.random() < 0.4:
            request["idempotency_key"] = chance.choice(names)
        if chance.random() < 0.2:
            request["reference"] = "r"
            request["party"] = "p"
            request["correlation_id"] = "c"
        if versions and chance.random() < 0.3:
            request["expected_versions"] = {sku: chance.randint(0, 6) for sku in chance.sample(self.skus[:5], 2)}
        return request

    def plain(self, found, which):
        """Without the store's name, which products begin with."""
        return json.loads(re.sub(rf"(?<![\w-]){self.stores[which]}(?![\w-])", "STORE", json.dumps(found, default=str)))

    def state(self, which):
        return {name: self.plain(rows(self.connection, sql, self.ids[which]), which) for name, sql in TABLES.items()}


def without_ids(answer):
    answer = {name: found for name, found in answer.items() if name != "ticket"}
    if "document" in answer:
        answer["document"] = {name: found for name, found in answer["document"].items() if name != "id"}
    return answer


def many(connection, requests):
    return value(connection, "select inventory.deduct_inventory_many(%s)", psycopg2.extras.Json(requests))


@pytest.mark.parametrize("versions", [False, True])
def test_a_batch_is_the_same_as_one_by_one(shop, versions):
    seed = random.randrange(2**32)
    print("seed", seed)
    seen = set()
    wanted = {"done", "replayed", "insufficient_stock", "idempotency_conflict", "no_ingredients", "no_conversion_mapping"}
    if versions:
        wanted.add("version_conflict")
    # As many more turns as chance needs to bring each outcome once.
    for turn in range(100):
        if turn >= 12 and seen >= wanted:
            break
        twins = Twins(shop, seed + turn)
        chance = random.Random(seed + turn)
        names = [f"n{i}" for i in range(25)]
        for _ in range(4):
            requests = [twins.request(chance, names, versions) for _ in range(chance.randint(1, 20))]
            requests += [dict(each) for each in requests if chance.random() < 0.15]
            batch = many(twins.connection, [{**each, "store": twins.stores[0]} for each in requests])
            single = [
                value(
                    twins.connection,
                    "select inventory.deduct_inventory_atomic(%s, " + ", ".join(f"{name} => %s" for name in each) + ")",
                    twins.stores[1], *(psycopg2.extras.Json(each[name]) if name in ("lines", "expected_versions") else each[name] for name in each),
                )
                for each in requests
            ]
            assert [without_ids(twins.plain(each, 0)) for each in batch] == [without_ids(twins.plain(each, 1)) for each in single], seed + turn
            first, second = twins.state(0), twins.state(1)
            for name in TABLES:
                assert first[name] == second[name], (name, seed + turn)
            seen |= {"replayed" if each["replayed"] else "done" for each in batch if each["success"]}
            seen |= {error["code"] for each in batch for error in each["errors"]}
            twins.fill(chance)
    assert seen >= wanted, seed


def test_what_stands_in_the_way_is_told_in_the_order_of_what_could_take(shop):
    """A line of a product that is not there names no stock row: the row stands where a recipe takes it, as in a request of its own."""
    here = shop(3)
    first, unmade, dish = here.skus
    call(here.connection, "receive_purchase", here.store, [(first, 9)])
    rows(here.connection, "update inventory.products set allow_negative = true where sku = %s", unmade)
    ingredients = [{"name": name, "quantity": 1, "unit": "u"} for name in ("a", "b")]
    rows(here.connection, "select inventory.set_recipe(%s, %s)", dish, psycopg2.extras.Json(ingredients))
    for name, taken in (("a", first), ("b", unmade)):
        rows(here.connection, "select inventory.set_conversion_mapping(%s, %s, 'u', %s, 1, 1)", here.store, name, taken)
    lines = [{"sku": unmade, "quantity": 1}, {"sku": dish, "quantity": 1}]
    versions = {first: 7, unmade: 7}
    single = value(
        here.connection, "select inventory.deduct_inventory_atomic(%s, %s, 't', %s)",
        here.store, psycopg2.extras.Json(lines), psycopg2.extras.Json(versions),
    )
    [batch] = many(here.connection, [{"store": here.store, "lines": lines, "transaction_id": "t", "expected_versions": versions}])
    assert [(error["code"], error["sku"]) for error in single["errors"]] == [
        ("no_ingredients", unmade), ("version_conflict", first), ("version_conflict", unmade)
    ]
    assert batch["errors"] == single["errors"]


def test_a_plain_batch_is_the_same_as_one_by_one(shop):
    """Lines of whole units, which go a way of their own; and now and then one that is not so simple, or more than there is."""
    seed = random.randrange(2**32)
    print("seed", seed)
    chance = random.Random(seed)
    for form in ("objects", "lines", "arrays") * 5:
        twins = Twins(shop, seed)
        # A product with a recipe, and stock of its own that is not taken.
        for store in twins.stores:
            call(twins.connection, "receive_purchase", store, [(twins.skus[5], 9)])
        for turn in range(8):
            if chance.random() < 0.2:
                # As if they were old: a transaction id still counts.
                rows(twins.connection, "delete from inventory.inventory_deduction_idempotency where store_id = any (%s)", twins.ids)
            common = {name: name[0] for name in ("reference", "actor", "reason", "correlation_id") if chance.random() < 0.3}
            requests = [
                {
                    "lines": plain_lines(chance, twins.skus[:4] + twins.skus[5:8]) if form == "lines"
                    else [{"sku": chance.choice(twins.skus[:4]), "quantity": chance.choice([1, 1, 2])}],
                    "transaction_id": f"n{name}", **common,
                }
                for name in chance.sample(range(300), chance.randint(1, 3 if form == "lines" else 12))
            ]
            if form != "arrays":
                for request in requests:
                    if chance.random() < 0.3:
                        request |= {"party": "p", "actor": "b"}
                        request["lines"][0]["price"] = chance.choice([0, 2.5])
            if chance.random() < 0.3:
                odd = chance.choice(requests)
                change = chance.choice([{"sku": twins.skus[5]}, {"sku": twins.skus[8]}, {"quantity": 0.5}, {"quantity": 99}, {}])
                if change:
                    odd["lines"][0] |= change
                else:
                    requests.append(dict(odd))
            if form != "arrays":
                batch = many(twins.connection, [{**each, "store": twins.stores[0]} for each in requests])
            else:
                batch = value(
                    twins.connection,
                    "select inventory.deduct_inventory_many(%s, %s, %s, %s::numeric[]" + "".join(f", {name} => %s" for name in common) + ")",
                    twins.stores[0], [each["transaction_id"] for each in requests], [each["lines"][0]["sku"] for each in requests],
                    [each["lines"][0]["quantity"] for each in requests], *common.values(),
                )
            single = [
                value(
                    twins.connection,
                    "select inventory.deduct_inventory_atomic(%s, " + ", ".join(f"{name} => %s" for name in each) + ")",
                    twins.stores[1], *(psycopg2.extras.Json(each[name]) if name == "lines" else each[name] for name in each),
                )
                for each in requests
            ]
            assert [without_ids(twins.plain(each, 0)) for each in batch] == [without_ids(twins.plain(each, 1)) for each in single], (form, turn)
            first, second = twins.state(0), twins.state(1)
            for name in TABLES:
                assert first[name] == second[name], (name, form, turn)
            twins.fill(chance)


def plain_lines(chance, skus):
    lines = [{"sku": chance.choice(skus), "quantity": chance.choice([1, 1, 2, 3])} for _ in range(chance.randint(1, 4))]
    for line in lines:
        if chance.random() < 0.3:
            line["price"] = chance.choice([0, 2.5])
    if chance.random() < 0.1:
        chance.choice(lines).update(chance.choice([{"quantity": 0.5}, {"quantity": 99}, {"quantity": 10**12}]))
    return lines


@pytest.mark.parametrize("operation", ["record_sale", "deduct_inventory_atomic"])
def test_plain_lines_are_the_same_either_way(shop, operation):
    """Several lines of whole units and recipes go a shorter way; a line that names its unit goes the long one."""
    seed = random.randrange(2**32)
    print("seed", seed)
    chance = random.Random(seed)
    seen = set()
    for turn in range(20):
        twins = Twins(shop, seed + turn)
        # A product with a recipe, and stock of its own, which is what a sale takes.
        for store in twins.stores:
            call(twins.connection, "receive_purchase", store, [(twins.skus[5], 9)])
        skus = twins.skus[:6] if operation == "record_sale" else twins.skus
        for number in range(25):
            if chance.random() < 0.05:
                # As if they were old: a transaction id still counts.
                rows(twins.connection, "delete from inventory.inventory_deduction_idempotency where store_id = any (%s)", twins.ids)
            again = number > 0 and chance.random() < 0.15
            if not again:
                lines, named = plain_lines(chance, skus), {"occurred_at": "2026-01-01T00:00:00Z"}
            if again:
                pass
            elif operation == "deduct_inventory_atomic":
                named["transaction_id"] = f"n{chance.randrange(40)}"
            elif chance.random() < 0.8:
                named[chance.choice(["transaction_id", "idempotency_key"])] = f"n{chance.randrange(40)}"
            for name in ("reference", "actor", "reason", "correlation_id", "party"):
                if not again and chance.random() < 0.3:
                    named[name] = chance.choice(["a", "it's \"b\""])
            answers = [
                value(
                    twins.connection, f"select inventory.{operation}(%s, %s" + "".join(f", {name} => %s" for name in named) + ")",
                    store, psycopg2.extras.Json([{**line, **more} for line in lines]), *named.values(),
                )
                for store, more in zip(twins.stores, ({}, {"unit": "piece"}))
            ]
            short, long = (without_ids(twins.plain(answer, which)) for which, answer in enumerate(answers))
            assert short == long, (turn, number, lines)
            seen |= {"replayed" if short["replayed"] else "done"} if short["success"] else {error["code"] for error in short["errors"]}
            if chance.random() < 0.15:
                twins.fill(chance)
        first, second = twins.state(0), twins.state(1)
        for key in second["keys"]:
            for line in key[2]["lines"]:
                del line["unit"]
        for name in TABLES:
            assert first[name] == second[name], (name, turn)
    assert seen >= {"done", "replayed", "insufficient_stock", "idempotency_conflict"}, seed


@pytest.mark.parametrize("more", [{}, {"party": "p" * 201}])
def test_t1_batches_take_the_last_units_once(shop, more):
    """Plain ones, and such that are not."""
    here = shop(2)
    here.receive(100)
    answers = at_once(
        8,
        lambda number, connection: many(
            connection,
            [{"store": here.store, "lines": [{"sku": here.skus[turn % 2], "quantity": 1}], "transaction_id": f"{number} {turn}", **more} for turn in range(40)],
        ),
    )
    assert sum(answer["success"] for batch in answers for answer in batch) == 200
    assert [here.on_hand(0), here.on_hand(1)] == [0, 0]


def test_t5_batches_with_keys_and_rows_in_any_order_do_not_deadlock(shop):
    here = shop(6)
    here.receive(100000)

    def work(number, connection):
        chance = random.Random(number)
        for turn in range(25):
            requests = [
                {
                    "store": here.store, "transaction_id": f"{turn} {name}", "idempotency_key": f"{turn} {name}",
                    "lines": [{"sku": here.skus[name % 6], "quantity": 1}, {"sku": here.skus[(name * 5 + 1) % 6], "quantity": 1}],
                }
                for name in range(20)
            ]
            chance.shuffle(requests)
            assert all(answer["success"] for answer in many(connection, requests))
            call(connection, "record_sale", here.store, [(sku, 1) for sku in chance.sample(here.skus, 4)])
            name = chance.randrange(20)
            named = {field: request for field, request in requests[name].items() if field not in ("store", "lines")}
            answer = value(
                connection, "select inventory.deduct_inventory_atomic(%s, %s, transaction_id => %s, idempotency_key => %s)",
                here.store, psycopg2.extras.Json(requests[name]["lines"]), named["transaction_id"], named["idempotency_key"],
            )
            assert answer["replayed"]
        return "done"

    assert at_once(6, work) == ["done"] * 6
    assert here.deadlocks() == here.deadlocks_before
    # Each request of each turn once, two units, and the sales.
    taken = sum(100000 - here.on_hand(place) for place in range(6))
    assert taken == 25 * 20 * 2 + 6 * 25 * 4


def test_t5_plain_batches_with_keys_and_rows_in_any_order_do_not_deadlock(shop):
    here = shop(6)
    here.receive(100000)

    def work(number, connection):
        chance = random.Random(number)
        for turn in range(8):
            # The same of all clients: the first one does it, the others wait for it. And some of one's own.
            shared = [(f"{turn} {name}", here.skus[name % 6]) for name in range(500)]
            own = [(f"{turn} {number} {name}", here.skus[name % 6]) for name in range(20)]
            for batch in (shared, own):
                chance.shuffle(batch)
                answers = value(
                    connection, "select inventory.deduct_inventory_many(%s, %s, %s, %s::numeric[])",
                    here.store, [name for name, _ in batch], [sku for _, sku in batch], [1] * len(batch),
                )
                assert all(answer["success"] for answer in answers)
        return "done"

    assert at_once(6, work) == ["done"] * 6
    assert here.deadlocks() == here.deadlocks_before
    taken = sum(100000 - here.on_hand(place) for place in range(6))
    assert taken == 8 * 500 + 6 * 8 * 20


@pytest.mark.parametrize("arrays", [([], [], []), (["t"], ["s", "s"], [1]), (["t", None], ["s", "s"], [1, 1]), (["t"], ["s"], [None]), (["t"] * 1001, ["s"] * 1001, [1] * 1001), (None, ["s"], [1])])
def test_arrays_that_do_not_fit_are_refused(shop, arrays):
    with pytest.raises(psycopg2.errors.InvalidParameterValue) as found:
        value(shop().connection, "select inventory.deduct_inventory_many('s', %s::text[], %s::text[], %s::numeric[])", *arrays)
    assert found.value.diag.message_primary == "transaction_ids, skus and quantities are arrays of the same length, 1 to 1000, without nulls"


def test_a_batch_of_several_stores(shop):
    one, other = shop(1), shop(1)
    one.receive(5)
    other.receive(5)
    answers = many(
        one.connection,
        [{"store": here.store, "lines": [{"sku": here.skus[0], "quantity": 3}], "transaction_id": f"t{turn}"} for turn in range(2) for here in (one, other)],
    )
    assert [answer["success"] for answer in answers] == [True, True, False, False]
    assert [answer["store"] for answer in answers] == [one.store, other.store] * 2
    assert (one.on_hand(), other.on_hand()) == (2, 2)


@pytest.mark.parametrize(
    "requests, error",
    [
        ({}, "requests are an array of 1 to 1000 objects"),
        ([], "requests are an array of 1 to 1000 objects"),
        ([{}] * 1001, "requests are an array of 1 to 1000 objects"),
        ([1], "request 1: this is no object"),
        ([{"store": "s"}], "request 1: no transaction_id is given"),
        ([{"store": "none", "transaction_id": "t"}], 'request 1: no store has the code "none"'),
        ([{"transaction_id": ""}], "request 1: no store is given"),
        ([{"transaction_id": "t", "storre": "s"}], 'request 1: unknown field "storre"'),
        ([{"transaction_id": "t", "store": {}}], "request 1: store is no text"),
        ([{"transaction_id": 1}], "request 1: transaction_id is no text"),
    ],
)
def test_a_batch_that_is_none_is_refused_as_a_whole(shop, requests, error):
    with pytest.raises(psycopg2.Error) as found:
        many(shop().connection, requests)
    assert found.value.diag.message_primary == error
    # What there is nothing to say of is left out: of an empty text clients would print the name.
    assert found.value.diag.message_detail != "" and found.value.diag.message_hint != ""


def test_must_leaves_out_what_an_error_does_not_say(shop):
    for detail, hint in [(None, None), ("d", None), (None, "h"), ("d", "h"), ("", "")]:
        error = {key: text for key, text in {"code": "version_conflict", "message": "m", "detail": detail, "hint": hint}.items() if text is not None}
        with pytest.raises(psycopg2.Error) as found:
            value(shop().connection, "select inventory.must(%s)", psycopg2.extras.Json({"success": False, "errors": [error]}))
        assert (found.value.pgcode, found.value.diag.message_primary) == ("SD011", "m")
        assert (found.value.diag.message_detail, found.value.diag.message_hint) == (detail or None, hint or None)


def test_a_wrong_request_says_which_and_undoes_the_batch(shop):
    here = shop(1)
    here.receive(5)
    right = {"store": here.store, "lines": [{"sku": here.skus[0], "quantity": 1}], "transaction_id": "t"}
    with pytest.raises(psycopg2.Error) as found:
        many(here.connection, [right, {**right, "lines": [{"sku": "none", "quantity": 1}]}])
    assert found.value.diag.message_primary == 'request 2: line 1: no product has the sku "none"'
    assert found.value.pgcode == "SD006"
    with pytest.raises(psycopg2.Error) as found:
        many(here.connection, [right, {**right, "transaction_id": ""}])
    assert found.value.diag.message_primary == "request 2: transaction_id is empty"
    assert here.on_hand() == 5
    assert many(here.connection, [right])[0]["replayed"] is False
