"""What the tables held at any position, from the history that the oracle's own triggers keep."""

import collections
import os

SQL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "oracle.sql")
Row = collections.namedtuple("Row", "seq xid op image at")
COLUMNS = "seq, xid::text, tab, op, a, b, image, extract(epoch from at)::float8"


class Snapshot:
    """A pg_snapshot, read by PostgreSQL's own rule."""

    def __init__(self, text):
        xmin, xmax, xip = text.split(":")
        self.xmin, self.xmax = int(xmin), int(xmax)
        self.xip = frozenset(map(int, xip.split(","))) if xip else frozenset()

    def sees(self, xid):
        return xid < self.xmin or (xid < self.xmax and xid not in self.xip)

    def is_before_or_at(self, later):
        """Everything seen here is seen there too."""
        return self.xmax <= later.xmax and all(x in self.xip for x in later.xip if x < self.xmax)


class Position:
    """The text form of docs/explanation/positions.md."""

    def __init__(self, text):
        form, self.incarnation, _, _, snapshot = text.split(".")
        assert form == "s1", text
        self.text = text
        self.snapshot = Snapshot(snapshot)


class History:
    """All that has been committed in one life of the database; grows by refresh()."""

    def __init__(self, connection):
        self.connection = connection
        self.rows = collections.defaultdict(list)  # (table, a, b) -> rows by seq
        self.truncates = collections.defaultdict(list)  # table -> (seq, xid)
        self.seen = None
        self.incarnation = None
        self.refresh()

    def refresh(self):
        with self.connection.cursor() as cursor:
            cursor.execute("select inventory.incarnation()")
            (incarnation,) = cursor.fetchone()
            if self.incarnation not in (None, incarnation):
                raise ChangedLife()
            self.incarnation = incarnation
            cursor.execute("begin isolation level repeatable read")
            try:
                cursor.execute("select pg_current_snapshot()::text")
                now = Snapshot(cursor.fetchone()[0])
                if self.seen is None:
                    cursor.execute(f"select {COLUMNS} from soak.history order by seq")
                else:
                    # What was above or in progress then and is visible now.
                    cursor.execute(
                        f"select {COLUMNS} from soak.history where xid >= %s::text::xid8 or xid = any (%s::text[]::xid8[])"
                        " order by seq",
                        (str(self.seen.xmax), [str(x) for x in self.seen.xip]),
                    )
                new = cursor.fetchall()
            finally:
                cursor.execute("commit")
        touched = set()
        for seq, xid, table, op, a, b, image, at in new:
            if op == "T":
                self.truncates[table].append((seq, int(xid), at))
            else:
                self.rows[table, a, b].append(Row(seq, int(xid), op, image, at))
                touched.add((table, a, b))
        for key in touched:
            self.rows[key].sort(key=lambda row: row.seq)
        self.seen = now

    def table_at(self, table, snapshot):
        """Key -> image of every row of the table that existed then."""
        emptied = max((seq for seq, xid, _ in self.truncates[table] if snapshot.sees(xid)), default=0)
        found = {}
        for key, rows in self.rows.items():
            if key[0] != table:
                continue
            for row in reversed(rows):
                if snapshot.sees(row.xid):
                    if row.op == "W" and row.seq > emptied:
                        found[key[1:]] = row.image
                    break
        return found

    def state_at(self, snapshot):
        """As readers see it, in the witness's form: active products of active stores, by codes."""
        stores = {a: image for (a, _), image in self.table_at("stores", snapshot).items() if image["active"]}
        products = {a: image for (a, _), image in self.table_at("products", snapshot).items() if image["active"]}
        stock = collections.defaultdict(list)
        for (store, product), row in self.table_at("inventory_stock", snapshot).items():
            if store in stores and product in products:
                stock[product].append([
                    stores[store]["code"], row["on_hand"], row["reserved"], row["low_stock_threshold"], row["version"],
                    row["allow_negative"], row["us"],
                ])  # fmt: skip
        state = []
        for key, image in products.items():
            rows = sorted(stock[key], key=lambda row: row[0].encode())
            updated = max([image["us"], *(row[6] for row in rows)])
            state.append(
                [image["sku"], image["name"], image["pieces_per_pack"], image["packs_per_box"], updated, rows]
            )
        return sorted(state, key=lambda product: product[0].encode())

    def has_image(self, store, product, image):
        """Whether the stock row ever was this: (version, on_hand, reserved, threshold)."""
        return any(
            row.op == "W" and (row.image["version"], row.image["on_hand"], row.image["reserved"], row.image["low_stock_threshold"]) == image
            for row in self.rows.get(("inventory_stock", store, product), ())
        )  # fmt: skip

    def was_gone_at(self, store, product, version, answered_at):
        """Whether the row was deleted at this version or a later one, before an answer (seconds since the epoch) that did not have it."""
        rows = self.rows.get(("inventory_stock", store, product), ())
        if any(row.op == "D" and row.image["version"] + 1 >= version and row.at <= answered_at for row in rows):
            return True
        for seq, _, at in self.truncates["inventory_stock"]:
            before = [row for row in rows if row.seq < seq] if at <= answered_at else []
            if before and before[-1].op == "W" and before[-1].image["version"] + 1 >= version:
                return True
        return not rows

    def stock_key(self, sku, store_code):
        """(store, product) of these names, as they are or were; None when this history does not know them."""
        stores = [key[1] for key, rows in self.rows.items() if key[0] == "stores" and any(row.image["code"] == store_code for row in rows)]
        products = [key[1] for key, rows in self.rows.items() if key[0] == "products" and any(row.image["sku"] == sku for row in rows)]
        return (stores[0], products[0]) if stores and products else None

    def tail(self, keys, count=8):
        """The last rows of some keys, for people."""
        lines = []
        for key in keys:
            for row in self.rows.get(key, ())[-count:]:
                lines.append(f"  {key} seq {row.seq} xid {row.xid} {row.op} {row.image}")
        for table, seqs in self.truncates.items():
            lines += [f"  {table} truncated at seq {seq} xid {xid}" for seq, xid, _ in seqs[-3:]]
        return "\n".join(lines)


class ChangedLife(Exception):
    """The database is not the one that this history is of."""
