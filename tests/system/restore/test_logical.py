"""Logical replication to a subscriber that has the schema: the same rows, nothing recorded twice, a feed of its own."""

import psycopg2
from conftest import fill, page_sql, run, wait_for

# What the page tells people to run is what runs here.
PUBLICATION = page_sql("create publication stock")
EVENT_COLUMNS = PUBLICATION[PUBLICATION.index("inventory_event (") + len("inventory_event ") :].split(")")[0] + ")"


def subscribe(publisher, subscriber):
    for database in (publisher, subscriber):
        database.rows(page_sql("select inventory.allow_logical_replication"))
    publisher.rows(PUBLICATION)
    # In one cluster the slot must be there before; between two servers CREATE SUBSCRIPTION makes it.
    publisher.rows("select pg_create_logical_replication_slot(%s, 'pgoutput')", subscriber.name)
    connection = " ".join(
        f"{key}={value}"
        for key, value in publisher.connection().get_dsn_parameters().items()
        if key in ("host", "port", "user", "dbname")
    )
    subscriber.rows(
        f"create subscription sub connection '{connection}' publication stock"
        f" with (create_slot = false, slot_name = '{subscriber.name}')"
    )
    wait_for(
        lambda: subscriber.value("select count(*) = 32 and bool_and(srsubstate = 'r') from pg_subscription_rel"),
        "the first copy",
    )


def catch_up(publisher, subscriber):
    lsn = publisher.value("select pg_current_wal_lsn()")
    wait_for(
        lambda: publisher.value(
            "select confirmed_flush_lsn >= %s::pg_lsn from pg_replication_slots where slot_name = %s", lsn, subscriber.name
        ),
        "the subscriber",
    )


def test_a_subscriber_has_the_same_rows_and_records_nothing_twice(databases):
    publisher, subscriber = databases(), databases()
    fill(publisher)
    subscribe(publisher, subscriber)
    assert subscriber.content() == publisher.content()
    assert subscriber.contradictions() == []
    here = subscriber.position()

    publisher.rows("update inventory.inventory_stock set on_hand = on_hand + 5 where store_id = 1")
    publisher.rows(
        "insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta)"
        " select 2, p.product_id, 'sale', -1 from inventory.products as p, generate_series(1, 2) where p.sku in ('p2', 'p3')"
    )
    catch_up(publisher, subscriber)
    assert subscriber.content() == publisher.content()
    # The subscriber's own feed tells of it, in its own transactions.
    assert len(subscriber.news(here)) == 4 + 1 + 4
    here = subscriber.position()

    publisher.rows("delete from inventory.inventory_stock where product_id = 3")
    publisher.rows("insert into inventory.inventory_stock (store_id, product_id, on_hand) values (1, 3, 4)")
    publisher.rows("update inventory.inventory_stock set low_stock_threshold = 9, allow_negative = true where product_id = 2")
    publisher.rows("update inventory.inventory_stock set product_id = 1 where store_id = 2 and product_id = 4")
    publisher.rows("update inventory.products set base_price = 7, name = 'N' where sku = 'p2'")
    publisher.rows("insert into inventory.products (sku, name) values ('p6', 'P'), ('p7', 'P'); delete from inventory.products where sku = 'p7'")
    publisher.rows("update inventory.stores set name = 'AA' where code = 'a'")
    catch_up(publisher, subscriber)
    assert subscriber.content() == publisher.content()
    assert subscriber.contradictions() == []
    assert {row[1] for row in subscriber.news(here)} >= {"direct", "stock_settings_changed", "price_changed", "product_deleted"}

    publisher.rows("truncate inventory.inventory_stock")
    catch_up(publisher, subscriber)
    assert subscriber.content() == publisher.content()
    assert subscriber.contradictions() == []
    assert publisher.contradictions() == []


def test_a_subscriber_becomes_the_place_to_write(databases):
    publisher, subscriber = databases(), databases()
    fill(publisher)
    subscribe(publisher, subscriber)
    before = subscriber.position()
    subscriber.rows("alter subscription sub disable; alter subscription sub set (slot_name = none); drop subscription sub")
    done = [row[0] for row in subscriber.rows("select inventory.finish_restore()")]
    assert any(line.startswith("inventory.stock_ledger_movement_id_seq goes on after") for line in done)
    assert subscriber.refused("select * from inventory.feed_after(%s)", before) == "SD002"
    here = subscriber.position()
    subscriber.rows("update inventory.inventory_stock set on_hand = 1 where store_id = 1 and product_id = 2")
    subscriber.rows("insert into inventory.stores (code, name) values ('c', 'C')")
    assert [row[1] for row in subscriber.news(here)] == ["direct", "store_created"]
    assert subscriber.contradictions() == []


def test_operations_are_replicated_with_their_keys_documents_and_remainders(databases):
    publisher, subscriber = databases(), databases()
    fill(publisher)
    subscribe(publisher, subscriber)
    publisher.rows("select inventory.set_unit('third', 1, 3, sku => 'p2')")
    sale = "select inventory.record_sale('a', '[{\"sku\": \"p2\", \"quantity\": 1, \"unit\": \"third\"}]', 'R', transaction_id => 't')"
    publisher.rows("select inventory.receive_purchase('a', '[{\"sku\": \"p2\", \"quantity\": 9}]', idempotency_key => 'k')")
    answer = publisher.value(sale)
    assert not publisher.value("select inventory.record_sale('a', '[{\"sku\": \"p2\", \"quantity\": 99999}]')")["success"]
    assert publisher.value("select inventory.reserve_stock('o', 'a', '[{\"sku\": \"p2\", \"quantity\": 2}]', '1 hour')")["success"]
    publisher.rows("select inventory.set_recipe('p4', '[{\"name\": \"i\", \"quantity\": 1, \"unit\": \"u\"}]')")
    publisher.rows("select inventory.set_conversion_mapping('a', 'i', 'u', 'p3', 1)")
    assert publisher.value("select inventory.deduct_inventory_atomic('a', '[{\"sku\": \"p4\", \"quantity\": 3}]', 'd')")["success"]
    assert publisher.value("select inventory.verify('a')")["success"]
    assert publisher.value("select inventory.compensate_deduction('d', '[{\"line\": 1, \"quantity\": 1}]')")["success"]
    assert publisher.value("select inventory.queue_transaction('a', '[{\"sku\": \"p4\", \"quantity\": 99999}]', 'q', 'till')")["success"]
    assert publisher.value("select inventory.sync_all_pending('a')")["needsApproval"] == 1
    catch_up(publisher, subscriber)
    assert subscriber.content() == publisher.content()
    assert [len(subscriber.content()[name]) for name in ("documents", "holds", "parts", "compensations")] == [5, 1, 1, 1]
    assert [len(subscriber.content()[name]) for name in ("queue", "decisions")] == [1, 2]
    assert subscriber.contradictions() == []

    # Where writing goes on, what was done stays done.
    subscriber.rows("alter subscription sub disable; alter subscription sub set (slot_name = none); drop subscription sub")
    subscriber.rows("select inventory.finish_restore()")
    replay = subscriber.value(sale)
    assert replay["replayed"] and replay["movements"] == answer["movements"]
    again = subscriber.value(sale.replace("'t'", "'t2'"))
    assert again["success"] and again["document"]["id"] > answer["document"]["id"]
    assert subscriber.value("select numerator || '/' || denominator from inventory.stock_remainders") == "1/3"
    assert subscriber.value("select inventory.process_order_stock_reduction('o', 'a')")["movements"][0]["reserved_delta"] == -2
    assert subscriber.contradictions() == []


def test_movements_that_the_default_partition_caught_are_kept_when_their_month_is_made(databases):
    publisher, subscriber = databases(), databases()
    fill(publisher)
    subscribe(publisher, subscriber)
    month = publisher.value("select 'inventory.stock_ledger_' || to_char(now() at time zone 'UTC', 'YYYY_MM')")
    # As if nobody had made the month: what is recorded in it is caught, and leaves for the month when somebody does.
    publisher.rows(f"alter table inventory.stock_ledger_months detach partition {month}; drop table {month}")
    publisher.rows("update inventory.inventory_stock set on_hand = on_hand + 1")
    catch_up(publisher, subscriber)
    caught = publisher.rows("select movement_id from inventory.stock_ledger_default order by 1")
    assert len(caught) == publisher.value("select count(*) from inventory.inventory_stock")
    assert publisher.rows("select inventory.make_ledger_months()") == [(month.split(".")[1],)]
    assert publisher.value("select count(*) from inventory.stock_ledger_default") == 0
    catch_up(publisher, subscriber)
    assert publisher.rows("select movement_id from inventory.stock_ledger order by 1") == caught
    there = subscriber.rows("select movement_id from inventory.stock_ledger order by 1")
    assert there[-len(caught) :] == caught
    assert subscriber.contradictions() == []


def of_month(sql, month):
    """The page's text, whose month is January of 2026, for another month."""
    assert "'2026-01-15'" in sql
    end = f"(date_trunc('month', '{month}'::timestamp) + interval '1 month') at time zone 'UTC'"
    return sql.replace("'2026-01-15'", f"'{month}'").replace("'2026-02-01 00:00+00'", end)


def commands_of(sql):
    """Arguments that have psql run a text line by line."""
    return [argument for line in sql.splitlines() for argument in ("-c", line)]


def let_go(publisher, month):
    """The ledger as the page says, the events likewise."""
    publisher.rows(of_month(page_sql("drop table inventory.stock_ledger"), month))
    publisher.rows(
        f"""
        begin;
        alter publication stock drop table inventory.inventory_event;
        select inventory.release_events(now());
        alter publication stock add table inventory.inventory_event {EVENT_COLUMNS};
        commit;
        """
    )


PUBLISHED = "select schemaname, tablename, attnames, rowfilter from pg_publication_tables where pubname = 'stock' order by 1, 2"


def test_history_that_is_published_goes_on_each_side_by_itself(databases, tmp_path):
    publisher, subscriber = databases(), databases()
    fill(publisher)
    # Last month's history of one stock row, as it was recorded then.
    publisher.rows(
        """
        alter table inventory.stock_ledger disable trigger before_00_append_only;
        update inventory.stock_ledger set recorded_at = date_trunc('month', now() at time zone 'UTC') at time zone 'UTC' - interval '1 hour'
        where store_id = 1 and product_id = 2;
        alter table inventory.stock_ledger enable always trigger before_00_append_only;
        select inventory.make_ledger_months();
        """
    )
    month = publisher.value("select (date_trunc('month', now() at time zone 'UTC') - interval '1 hour')::date")
    subscribe(publisher, subscriber)
    before = subscriber.position()
    assert publisher.refused("select inventory.release_ledger_month(%s)", month) == "SD008"
    assert publisher.refused("select inventory.release_events(now())") == "SD008"

    old = publisher.value("select count(*) from inventory.stock_ledger")
    events = publisher.value("select count(*) from inventory.inventory_event")
    published = publisher.rows(PUBLISHED)
    # Who writes meanwhile is published as always, before and after.
    with psycopg2.connect(dbname=publisher.name) as meanwhile, meanwhile.cursor() as cursor:
        cursor.execute("update inventory.products set base_price = 1 where sku = 'p3'")
        let_go(publisher, month)
        cursor.execute("update inventory.products set base_price = 1 where sku = 'p4'")
    meanwhile.close()
    assert publisher.rows(PUBLISHED) == published
    assert publisher.value("select count(*) from inventory.stock_ledger") < old
    publisher.rows("update inventory.inventory_stock set on_hand = on_hand + 1")
    publisher.rows("update inventory.products set base_price = 3 where sku = 'p2'")
    catch_up(publisher, subscriber)
    assert subscriber.value("select count(*) from inventory.stock_ledger") == old + publisher.value("select count(*) from inventory.inventory_stock")
    assert subscriber.value("select count(*) from inventory.inventory_event") == events + 3
    assert publisher.contradictions() == []
    assert subscriber.contradictions() == []
    # What comes from the publisher is news here, and its letting go is none.
    assert len(subscriber.news(before)) == publisher.value("select count(*) from inventory.inventory_stock") + 3

    # For psql, which writes the month into a file first.
    released = of_month(page_sql(r"\copy (select * from inventory.stock_ledger"), month)
    run("psql", "-X", "-v", "ON_ERROR_STOP=1", "-c", "\\cd " + str(tmp_path), *commands_of(released), PGDATABASE=subscriber.name)
    assert len((tmp_path / "ledger-2026-01.csv").read_text(encoding="utf-8").splitlines()) > 1
    subscriber.rows("select inventory.release_events(now())")
    publisher.rows("update inventory.inventory_stock set on_hand = on_hand + 1")
    catch_up(publisher, subscriber)
    assert subscriber.contradictions() == []
    assert subscriber.refused("select * from inventory.feed_after(%s)", before) == "SD003"
    assert subscriber.rows("select version, kind, on_hand_after from inventory.stock_ledger where store_id = 1 and product_id = 2 order by 1") \
        == publisher.rows("select version, kind, on_hand_after from inventory.stock_ledger where store_id = 1 and product_id = 2 order by 1")


def test_months_that_are_made_later_are_published_too(databases):
    publisher = databases()
    publisher.rows("select inventory.allow_logical_replication()")
    publisher.rows("select inventory.make_ledger_months(6)")
    assert publisher.rows(
        "select c.relname, c.relreplident from pg_class as c join pg_partition_tree('inventory.stock_ledger') as t on t.relid = c.oid"
        " where c.relreplident <> 'i'"
    ) == []
