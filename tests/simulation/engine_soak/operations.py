"""Every function of the engine, and plain SQL beside it, with random arguments. A third of all goes to ten hot stock rows.

An operation is (kind, SQL, arguments, key). With a key it may be repeated when its connection was lost: it has one effect.
"""

import json

STORES = ["north", "south", "east", "west"]
COLD = [f"p{i}" for i in range(400)]
HOT = [f"hot{i}" for i in range(10)]
LOTS = [f"lot{i}" for i in range(40)]
PARTS = [f"part{i}" for i in range(30)]
DISHES = [f"dish{i}" for i in range(20)]
# May go below zero.
OWED = [f"owed{i}" for i in range(10)]
STOCKED = [*COLD, *HOT, *LOTS, *PARTS, *OWED]
# Only an owner or an admin calls these, once, by hand: they have tests of their own.
BY_HAND = {"allow_logical_replication", "finish_restore", "release_events", "release_ledger_month"}

PRODUCTS = ["create_product", "update_product", "update_availability", "bulk_update_availability", "delete_product"]
DEFINITIONS = ["set_recipe", "set_conversion_mapping", "remove_recipe", "remove_conversion_mapping", "set_unit", "set_lot_policy"]
# By function that returns rows: its arguments.
ROWS_OF = {
    "stock_at": "now() - interval '1 second', 'north'", "stock_valuation": "store => 'north'", "make_ledger_months": "", "fold_views": "",
    "fold_analytics": "", "search_products": "'p', 20", "search_text": "'a'", "search_document": "'a', 'b', 'c'",
}  # fmt: skip
QUESTIONS = [
    "validate_deduction", "sellable", "stock_history", "list_lots", "stock_at_version", "list_documents", "get_deduction_metrics",
    "get_queue_metrics", "run_health_check", "prune_idempotency_keys", "get_vendor_inventory_stats", "repair", "position", "ticket",
    "incarnation", "movement_kinds", "doorbell_lock", "relay_lock", "ring_doorbell", "covers", "feed_after", *ROWS_OF,
]  # fmt: skip


class Chooser:
    """What one client does next. Remembers what it can refer to: sales to return, orders to pay, deductions to give back."""

    def __init__(self, chance, client, position):
        self.chance = chance
        self.client = client
        self.position = position
        self.number = 0
        # The first client begins with what is rare, so that every function has its turn in the shortest run, too.
        rare = [(self.question, QUESTIONS), (self.definition, DEFINITIONS), (self.product, PRODUCTS), (lambda _: self.verify(), ["verify"])]
        self.first = [(method, function) for method, functions in rare for function in functions] if client == "c0" else []
        self.sales, self.orders, self.deductions, self.queued = [], [], [], []

    def key(self):
        self.number += 1
        return f"{self.client}-{self.number}"

    def place(self):
        """A store and a sku; one in three is one of the hot ones."""
        if self.chance.random() < 1 / 3:
            return STORES[0], self.chance.choice(HOT)
        return self.chance.choice(STORES), self.chance.choice(STOCKED)

    def lines(self, most=4, **more):
        store, sku = self.place()
        skus = [sku]
        if self.chance.random() < 0.3:
            skus += self.chance.sample(STOCKED, self.chance.randint(1, most))
        quantities = [1, 1, 1, 2, 3, 5] if self.chance.random() < 0.9 else [0.5, 0.25, 1.125]
        return store, [{"sku": each, "quantity": self.chance.choice(quantities), **more} for each in dict.fromkeys(skus)]

    def call(self, function, key=None, **arguments):
        named = ", ".join(f'"{name}" => %s' for name in arguments)
        values = [json.dumps(each) if isinstance(each, (dict, list)) else each for each in arguments.values()]
        return function, f"select inventory.{function}({named})", values, key

    def remember(self, among, what, most=50):
        among.append(what)
        if len(among) > most:
            among.pop(self.chance.randrange(most))

    def one_of(self, among):
        return self.chance.choice(among) if among else None

    def next(self):
        if self.first:
            method, function = self.first.pop()
            return method(function)
        kind = self.chance.choices(KINDS, WEIGHTS)[0]
        return getattr(self, kind)() or self.record_sale()

    # What moves stock.

    def receive_purchase(self):
        store, lines = self.lines(unit_cost=self.chance.choice([1, 2.5, 0.333333]))
        for line in lines:
            line["quantity"] = self.chance.randint(1, 40)
            if line["sku"] in LOTS and self.chance.random() < 0.3:
                line |= {"lot": self.chance.choice("AB"), "expires_on": self.chance.choice(["2020-01-01", "2100-01-01"])}
        key = self.key()
        return self.call("receive_purchase", key, store=store, lines=lines, reference=key, idempotency_key=key)

    def record_sale(self):
        store, lines = self.lines()
        for line in lines:
            if line["sku"] in LOTS and self.chance.random() < 0.1:
                line["lot"] = self.chance.choice("AB")
        key = self.key()
        self.remember(self.sales, (store, key, lines))
        kind, sql, values, _ = self.call("record_sale", key, store=store, lines=lines, reference=key, idempotency_key=key)
        if self.chance.random() < 0.1:
            kind, sql = "must", sql.replace("select ", "select inventory.must(", 1) + ")"
        return kind, sql, values, key

    def return_sale(self):
        sale = self.one_of(self.sales)
        if sale is None:
            return None
        store, reference, lines = sale
        key = self.key()
        return self.call("return_sale", key, store=store, lines=[{**lines[0], "quantity": 1}], sale=reference, idempotency_key=key)

    def adjust_stock(self):
        store, sku = self.place()
        key = self.key()
        line = {"sku": sku, "quantity": self.chance.choice([-3, -1, 1, 4])}
        return self.call("adjust_stock", key, store=store, lines=[line], reason="counted by hand", idempotency_key=key)

    def set_stock(self):
        store, sku = self.chance.choice(STORES), self.chance.choice(COLD)
        key = self.key()
        return self.call("set_stock", key, store=store, lines=[{"sku": sku, "quantity": self.chance.randint(20, 60)}], idempotency_key=key)

    def reserve_stock(self):
        store, lines = self.lines()
        key = self.key()
        self.remember(self.orders, (store, key, lines))
        ttl = self.chance.choice(["1 second", "1 minute", "1 hour"])
        return self.call("reserve_stock", key, order=key, store=store, lines=lines, ttl=ttl, idempotency_key=key)

    def extend_reservation(self):
        return self.about_order("extend_reservation", ttl="1 hour")

    def unreserve_stock(self):
        return self.about_order("unreserve_stock")

    def process_order_stock_reduction(self):
        if self.chance.random() < 0.7 or not self.orders:
            return self.about_order("process_order_stock_reduction")
        store, order, lines = self.chance.choice(self.orders)
        key = self.key()
        return self.call(
            "process_order_stock_reduction", key, order=order, store=store, lines=[{**lines[0], "quantity": 1}], rest=self.chance.choice(["keep", "release"]),
            idempotency_key=key,
        )

    def about_order(self, function, **more):
        order = self.one_of(self.orders)
        if order is None:
            return None
        key = self.key()
        return self.call(function, key, order=order[1], store=order[0], idempotency_key=key, **more)

    def expire_reservations(self):
        return self.call("expire_reservations", "again", limit=100)

    def deduct_inventory_atomic(self):
        store, lines = self.lines()
        if self.chance.random() < 0.5:
            store, lines = self.chance.choice(STORES), [{"sku": self.chance.choice(DISHES), "quantity": self.chance.randint(1, 2)}]
        key = self.key()
        self.remember(self.deductions, (store, key))
        return self.call("deduct_inventory_atomic", key, store=store, lines=lines, transaction_id=key)

    def deduct_inventory_many(self):
        requests = []
        for _ in range(self.chance.randint(2, 12)):
            store, lines = self.lines(most=1)
            if self.chance.random() < 0.2:
                lines = [{"sku": self.chance.choice(DISHES), "quantity": 1}]
            key = self.key()
            self.remember(self.deductions, (store, key))
            requests.append({"store": store, "lines": lines, "transaction_id": key})
        return self.call("deduct_inventory_many", "again", requests=requests)

    def deduct_arrays(self):
        places = [self.place()[1] for _ in range(self.chance.randint(2, 12))]
        keys = [self.key() for _ in places]
        sql = "select inventory.deduct_inventory_many(%s, %s, %s, %s)"
        return "deduct_inventory_many (arrays)", sql, [STORES[0], keys, places, [1] * len(places)], "again"

    def compensate_deduction(self):
        deduction = self.one_of(self.deductions)
        if deduction is None:
            return None
        key = self.key()
        return self.call("compensate_deduction", key, transaction_id=deduction[1], store=deduction[0], idempotency_key=key)

    def queue_transaction(self):
        store, lines = self.lines()
        key = self.key()
        self.remember(self.queued, (store, key))
        cause = self.chance.choice(["offline", "offline", "insufficient_stock"])
        return self.call("queue_transaction", key, store=store, lines=lines, transaction_id=key, device=self.client, cause=cause)

    def sync_all_pending(self):
        return self.call("sync_all_pending", "again", store=self.chance.choice(STORES), limit=100)

    def approve_transaction(self):
        more = {"lines": [{"sku": self.place()[1], "quantity": 1}]} if self.chance.random() < 0.2 else {}
        return self.decide("approve_transaction", **more)

    def reject_transaction(self):
        return self.decide("reject_transaction")

    def decide(self, function, **more):
        queued = self.one_of(self.queued)
        return queued and self.call(function, "again", transaction_id=queued[1], store=queued[0], **more)

    def add_lot_cost(self):
        key = self.key()
        sql = (
            "select inventory.add_lot_cost(%s, l.lot_id, 0.5, idempotency_key => %s) "
            "from inventory.list_lots(%s, %s) as l where not l.is_debt limit 1"
        )
        store = self.chance.choice(STORES)
        return "add_lot_cost", sql, [store, key, store, self.chance.choice(LOTS)], key

    def plain_update(self):
        store, sku = self.place()
        sql = (
            "update inventory.inventory_stock set on_hand = on_hand + %s where store_id = (select store_id from inventory.stores where code = %s) "
            "and product_id = (select product_id from inventory.products where sku = %s)"
        )
        return "UPDATE inventory_stock", sql, [self.chance.choice([-1, 1, 2]), store, sku], None

    def plain_insert(self):
        store, sku = self.place()
        sql = (
            "insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta) "
            "select s.store_id, p.product_id, 'adjustment', %s from inventory.stores as s, inventory.products as p where s.code = %s and p.sku = %s"
        )
        return "INSERT stock_ledger", sql, [self.chance.choice([-1, 1, 2]), store, sku], None

    # What moves none. Without an argument: one of them.

    def product(self, function=None):
        key = self.key()
        function = function or self.chance.choice(PRODUCTS)
        if function == "create_product":
            return self.call(function, key, product={"sku": f"new-{key}", "name": key}, idempotency_key=key)
        if function == "update_product":
            return self.call(function, key, sku=self.chance.choice(COLD), changes={"name": key}, idempotency_key=key)
        if function == "delete_product":
            return self.call(function, key, sku=f"new-{self.client}-{self.chance.randint(1, max(self.number, 1))}", idempotency_key=key)
        states = ["available", "out_of_stock", "preorder"]
        if function == "update_availability":
            return self.call(function, key, sku=self.chance.choice(COLD), availability=self.chance.choice(states), idempotency_key=key)
        updates = [{"sku": sku, "availability": self.chance.choice(states)} for sku in self.chance.sample(COLD, 3)]
        return self.call(function, key, updates=updates, idempotency_key=key)

    def definition(self, function=None):
        function = function or self.chance.choices(DEFINITIONS, [10, 8, 1, 1, 1, 1])[0]
        if function == "set_recipe":
            ingredients = [{"name": part, "quantity": self.chance.randint(1, 3), "unit": "portion"} for part in self.chance.sample(PARTS, 4)]
            return self.call(function, "again", sku=self.chance.choice(DISHES), ingredients=ingredients)
        if function == "remove_recipe":
            return self.call(function, "again", sku=self.chance.choice(DISHES))
        if function == "set_unit":
            return self.call(function, "again", name="tray", numerator=self.chance.choice([6, 12]), sku=self.chance.choice(COLD))
        if function == "set_lot_policy":
            return self.call(function, "again", sku=self.chance.choice(LOTS), policy=self.chance.choice(["fifo", "fefo", "fefo", None]))
        part = self.chance.choice(PARTS)
        mapping = {"store": self.chance.choice(STORES), "ingredient_name": part, "ingredient_unit": "portion"}
        if function == "remove_conversion_mapping":
            return self.call(function, "again", **mapping)
        return self.call(function, "again", **mapping, sku=part, numerator=1, denominator=self.chance.choice([1, 3, 7]))

    def question(self, function=None):
        store, sku = self.place()
        function = function or self.chance.choice(QUESTIONS)
        if function in ROWS_OF:
            return function, f"select count(*) from inventory.{function}({ROWS_OF[function]})", [], "again"
        if function == "covers":
            return function, "select inventory.covers(inventory.position(), inventory.ticket())", [], "again"
        if function == "feed_after":
            return function, "select count(*) from inventory.feed_after(%s, 50)", [self.position], "again"
        arguments = {
            "validate_deduction": {"store": store, "lines": [{"sku": self.chance.choice(DISHES), "quantity": 1}]},
            "sellable": {"sku": self.chance.choice(DISHES), "store": store},
            "stock_history": {"sku": sku, "store": store}, "list_lots": {"sku": sku, "store": store},
            "stock_at_version": {"sku": sku, "store": store, "version": 1}, "list_documents": {"store": store, "limit": 20},
            "prune_idempotency_keys": {"limit": 100}, "get_vendor_inventory_stats": {"vendor": "v"}, "repair": {"finding": -1},
        }  # fmt: skip
        of_store = function in ("get_deduction_metrics", "get_queue_metrics", "run_health_check")
        return self.call(function, "again", **arguments.get(function, {"store": store} if of_store else {}))

    def verify(self):
        return self.call("verify", "again", store=self.chance.choice(STORES), limit=5000)


WEIGHT_OF = {
    "record_sale": 180, "receive_purchase": 140, "return_sale": 40, "adjust_stock": 60, "set_stock": 20, "reserve_stock": 90,
    "extend_reservation": 20, "unreserve_stock": 30, "process_order_stock_reduction": 60, "expire_reservations": 6,
    "deduct_inventory_atomic": 100, "deduct_inventory_many": 15, "deduct_arrays": 15, "compensate_deduction": 40, "queue_transaction": 30,
    "sync_all_pending": 4, "approve_transaction": 15, "reject_transaction": 8, "add_lot_cost": 6, "plain_update": 30, "plain_insert": 30,
    "product": 12, "definition": 6, "question": 30, "verify": 1,
}  # fmt: skip
KINDS = list(WEIGHT_OF)
WEIGHTS = list(WEIGHT_OF.values())
