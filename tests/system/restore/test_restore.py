"""pg_dump and pg_restore: the same stock, old positions refused by name, and the feed goes on."""

import pytest
from conftest import fill, run

DATA_ONLY = [
    "--data-only",
    "--load-via-partition-root",
    "--schema=inventory",
    # What the new database has of its own.
    *("--exclude-table=inventory." + t for t in ("schema_migration", "schema_repeatable", "settings", "epoch", "incarnation_token", "fold_state")),
]


def dump(database, path, *options):
    run("pg_dump", "-Fc", "-f", str(path), *options, database.name)


def test_a_restored_database_has_the_same_stock_and_refuses_positions_from_before(databases, tmp_path):
    source = databases()
    fill(source)
    before = source.position()
    dump(source, tmp_path / "dump")
    copy = databases(migrated=False)
    run("pg_restore", "--exit-on-error", "-d", copy.name, str(tmp_path / "dump"))

    assert copy.content() == source.content()
    assert copy.contradictions() == []
    assert copy.refused("select * from inventory.feed_after(%s)", before) == "SD002"
    assert copy.value("select inventory.incarnation()") != source.value("select inventory.incarnation()")
    assert copy.rows("select tgname from pg_trigger where not tgisinternal and tgenabled <> 'A'") == []
    # It is migrated: nothing is left to do.
    copy.migrate()

    # Everything goes on from where it was.
    here = copy.position()
    copy.rows("update inventory.inventory_stock set on_hand = on_hand - 1 where store_id = 1 and product_id = 2")
    version = copy.value("select version from inventory.inventory_stock where store_id = 1 and product_id = 2")
    assert copy.news(here) == [("movement", "direct", "a", "p2", 16, version)]
    copy.rows("insert into inventory.inventory_stock (store_id, product_id, on_hand) values (2, 1, 3)")
    assert copy.value("select version from inventory.inventory_stock where store_id = 2 and product_id = 1") == 7
    assert copy.contradictions() == []
    # The source follows itself as before.
    assert source.news(before) == []


@pytest.mark.parametrize("at_once", [["--single-transaction"], []])
def test_a_restore_in_place_is_another_incarnation(databases, tmp_path, at_once):
    """The server, the database and even the token are the same: what differs is the table that the epoch stands in."""
    shop = databases()
    shop.rows("insert into inventory.stores (code, name) values ('A', '')")
    shop.rows("insert into inventory.products (sku, name) values ('P', '')")
    shop.rows("insert into inventory.inventory_stock (store_id, product_id, on_hand) values (1, 1, 100)")
    shop.rows("select inventory.fold_views()")
    shop.position()
    dump(shop, tmp_path / "dump")
    shop.rows("update inventory.inventory_stock set on_hand = 1")
    shop.rows("select inventory.fold_views()")
    before = shop.position()
    snapshot = shop.value("select pg_current_snapshot()::text")
    run("pg_restore", "--exit-on-error", "--clean", "--if-exists", *at_once, "-d", shop.name, str(tmp_path / "dump"))
    # Also by who goes on reading, before anybody has asked which life of the database this is.
    assert shop.refused("select * from inventory._drain(pg_snapshot_xmax(%s::pg_snapshot), '{}', now())", snapshot) == "SD002"
    assert shop.refused("select * from inventory.feed_after(%s)", before) == "SD002"
    after = shop.position()
    assert shop.news(after) == []
    shop.rows("update inventory.inventory_stock set on_hand = 99")
    assert [row[4:] for row in shop.news(after)] == [(99, 2)]
    shop.rows("select inventory.fold_views()")
    assert shop.value("select on_hand from inventory.inventory_summary_mv") == 99
    assert shop.contradictions() == []


def test_restored_rows_never_become_news_whatever_transactions_they_carry(databases, tmp_path):
    source = databases()
    fill(source)
    dump(source, tmp_path / "dump")
    copy = databases(migrated=False)
    run("pg_restore", "--exit-on-error", "-d", copy.name, str(tmp_path / "dump"))
    # As if the rows came from a server that was further on: their transactions are still to come here.
    copy.rows(
        """
        set role inventory_engine;
        update inventory.stock_ledger set xid = (pg_current_xact_id()::text::bigint + 5 + movement_id % 20)::text::xid8;
        update inventory.inventory_event set xid = (pg_current_xact_id()::text::bigint + 5 + event_seq % 20)::text::xid8;
        reset role;
        """
    )
    here = copy.position()
    taken = copy.rows("select pg_snapshot_xmax(pg_current_snapshot())::text, pg_current_snapshot()::text")[0]
    for _ in range(40):
        copy.rows("update inventory.vendors set name = name; select pg_current_xact_id()")
    copy.rows("update inventory.inventory_stock set on_hand = 99 where store_id = 1 and product_id = 2")
    assert [row[4] for row in copy.news(here)] == [99]
    drained = copy.rows("select kind, on_hand from inventory._drain(%s::xid8, '{}', 'epoch')", taken[0])
    assert [row for row in drained if row[0] != "P"] == [("S", 99)]


def test_a_data_only_restore_is_set_right_by_finish_restore(databases, tmp_path):
    source = databases()
    fill(source)
    dump(source, tmp_path / "dump", *DATA_ONLY)
    copy = databases()
    before = copy.position()
    # Triggers are switched off on the months, which the rows do not go through; the role keeps the ledger's own from applying them.
    run(
        "pg_restore", "--exit-on-error", "--data-only", "--disable-triggers", "-d", copy.name, str(tmp_path / "dump"),
        PGOPTIONS="-c session_replication_role=replica",
    )

    # pg_restore turns ALWAYS into ordinary.
    assert copy.rows("select tgname from pg_trigger where not tgisinternal and tgenabled <> 'A'") != []
    done = [row[0] for row in copy.rows("select inventory.finish_restore()")]
    assert "trigger before_10_update on inventory.inventory_stock fires always" in done
    assert done[-1] == "a new epoch begins"
    assert copy.rows(
        "select t.tgname from pg_trigger as t join pg_class as c on c.oid = t.tgrelid"
        " where c.relnamespace = 'inventory'::regnamespace and not t.tgisinternal and t.tgenabled <> 'A'"
    ) == []

    assert copy.content() == source.content()
    assert copy.contradictions() == []
    assert copy.refused("select * from inventory.feed_after(%s)", before) == "SD002"
    here = copy.position()
    copy.rows("insert into inventory.products (sku, name) values ('new', 'N')")
    copy.rows(
        "insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta)"
        " select 1, product_id, 'purchase', 4 from inventory.products where sku = 'new'"
    )
    assert copy.news(here) == [
        ("event", "product_created", None, "new", None, None),
        ("movement", "purchase", "a", "new", 4, 1),
    ]
    assert copy.contradictions() == []


def test_a_copy_that_shares_the_cluster_is_another_incarnation(databases):
    source = databases()
    fill(source)
    before = source.position()
    source.close()
    copy = databases(migrated=False)
    copy.close()
    run("dropdb", copy.name)
    run("createdb", "--template", source.name, copy.name)
    assert copy.refused("select * from inventory.feed_after(%s)", before) == "SD002"
    assert source.news(before) == []
    assert copy.contradictions() == []


def test_a_new_epoch_refuses_every_position_before(databases):
    database = databases()
    fill(database)
    before = database.position()
    assert database.news(before) == []
    database.rows("select inventory.finish_restore()")
    assert database.refused("select * from inventory.feed_after(%s)", before) == "SD002"
    assert database.news(database.position()) == []
