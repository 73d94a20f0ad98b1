"""How folding goes on: positions, rebuilds, and what may not happen."""

import datetime
import threading

import psycopg2
import pytest
from conftest import connect, differences, fold, rows, value, wait_for


def test_the_first_fold_tells_no_events_and_says_why_it_rebuilt(session, shop):
    s = shop()
    s.stock(1)
    rows(s.connection, "update inventory.fold_state set snapshot = null")
    rows(s.connection, "truncate inventory.folded_stock, inventory.folded_products, inventory.folded_store_categories, inventory.folded_alerts")
    reader = session()
    assert differences(reader, "now") == [], "true where nobody folds"
    folded, why, events = fold(s.connection)
    assert why == "nothing was folded yet" and events == 0 and folded > 0
    assert differences(reader, "mv") == []
    assert fold(s.connection) == (0, None, 0)


def test_a_lost_position_is_made_good_and_a_net_crossing_told_once(session, shop):
    s = shop()
    s.stock(10)
    folder, reader = connect(), session()
    fold(folder)
    s.set(2)
    rows(s.connection, "update inventory.epoch set epoch = gen_random_uuid()")
    assert differences(reader, "now") == []
    assert fold(folder)[1] == "the position is of another epoch"
    assert s.events() == [("alert", 10, 2)]
    assert differences(reader, "mv") == []


def test_feed_rows_that_were_let_go_make_a_rebuild(session, shop):
    s = shop()
    s.stock(10)
    folder, reader = connect(), session()
    fold(folder)
    rows(s.connection, "update inventory.stores set active = false where store_id = %s", s.store_ids[1])
    rows(s.connection, "update inventory.products set base_price = 77 where product_id = %s", s.product_ids[0])
    rows(s.connection, "select inventory.release_events(now())")
    assert fold(folder)[1] == "feed rows were let go before they were folded"
    assert differences(reader, "mv") == []


def test_a_rebuild_sets_right_what_somebody_changed_in_the_sums(session, shop):
    s = shop()
    s.stock(10)
    folder, reader = connect(), session()
    fold(folder)
    rows(folder, "update inventory.folded_products set on_hand = 5, stores_low = 9 where product_id = %s", s.product_ids[0])
    rows(folder, "delete from inventory.folded_store_categories where store_id = %s", s.store_ids[0])
    rows(folder, "insert into inventory.folded_alerts values (%s, %s, 10, 5, 0, 0, now())", s.store_ids[0], s.product_ids[0])
    assert differences(reader, "mv") != []
    assert fold(folder, rebuild=True)[1] == "asked for"
    assert differences(reader, "mv") == []


def test_only_one_folds_and_the_other_one_does_not_wait(shop):
    s = shop()
    s.stock(10)
    first, second = connect(), connect()
    first.autocommit = False
    fold(first)
    assert fold(second)[0] is None
    first.commit()
    assert fold(second)[0] is not None


def test_a_reader_whose_snapshot_is_older_than_a_truncate_is_told(session, shop):
    """It would see an empty table and the sums of a full one."""
    s = shop()
    s.stock(10)
    fold(connect())
    reader, truncating = session(), connect()
    rows(reader, "begin isolation level repeatable read; select 1")
    rows(truncating, "truncate inventory.inventory_stock")
    with pytest.raises(psycopg2.errors.SerializationFailure, match="truncated after the snapshot"):
        rows(reader, "select * from inventory.inventory_summary_now")
    rows(reader, "rollback")
    assert differences(reader, "now") == []
    # One that has a snapshot of its own, and waits for the TRUNCATE, likewise.
    s.stock(8)
    truncating.autocommit = False
    rows(truncating, "truncate inventory.inventory_stock")
    outcome = []

    def read():
        try:
            outcome.append(rows(reader, "select on_hand from inventory.inventory_summary_now where sku = %s", s.skus[0]))
        except psycopg2.errors.SerializationFailure:
            outcome.append("told")

    thread = threading.Thread(target=read)
    thread.start()
    wait_for(lambda: value(s.connection, "select count(*) from pg_locks where pid = %s and not granted", reader.info.backend_pid) == 1)
    truncating.commit()
    thread.join()
    assert outcome[0] in ("told", [(0,)])


def test_no_writer_waits_for_a_fold_that_does_not_end(session, shop):
    s = shop(stores=2, products=2)
    s.stock(10)
    s.stock(10, product=1)
    folder = connect()
    fold(folder)
    s.set(3)
    folder.autocommit = False
    assert fold(folder)[0] == 1
    rows(s.connection, "set lock_timeout = '1s'")
    s.set(7)
    s.stock(9, store=1)
    rows(s.connection, "update inventory.products set base_price = 3, active = false where product_id = %s", s.product_ids[0])
    rows(s.connection, "update inventory.stores set active = false where store_id = %s", s.store_ids[1])
    rows(s.connection, "delete from inventory.inventory_stock where store_id = %s and product_id = %s", s.store_ids[0], s.product_ids[1])
    rows(s.connection, "reset lock_timeout")
    folder.commit()
    folder.autocommit = True
    fold(folder)
    assert differences(session(), "mv") == []


def test_a_folder_that_dies_leaves_nothing_half_done(session, shop):
    s = shop()
    s.stock(10)
    admin, reader = connect(), session()
    fold(admin)
    s.set(3)
    dying = connect()
    dying.autocommit = False
    fold(dying)
    rows(admin, "select pg_terminate_backend(%s)", dying.get_backend_pid())
    with pytest.raises(psycopg2.Error):
        dying.commit()
    assert s.events() == []
    assert differences(reader, "now") == []
    fold(admin)
    assert s.events() == [("alert", 10, 3)] and differences(reader, "mv") == []


STOPS = """
create schema stopping;
create function stopping.stop_here() returns trigger language plpgsql as $$
begin
    if current_setting('test.stop_at', true) <> '' then
        perform set_config('test.stops', (coalesce(nullif(current_setting('test.stops', true), ''), '0')::integer + 1)::text, false);
        if current_setting('test.stops') = current_setting('test.stop_at') then
            perform pg_advisory_xact_lock(77);
        end if;
    end if;
    return null;
end
$$;
grant usage on schema stopping to public;
"""
FOLDED = ("folded_stock", "folded_products", "folded_store_categories", "folded_alerts", "folded_stores", "sales_by_day", "fold_state", "inventory_event")


@pytest.mark.parametrize("rebuild", [False, True])
def test_a_folder_killed_at_any_of_its_writes_leaves_nothing_half_done(session, shop, rebuild):
    s = shop()
    s.stock(50, product=0)
    s.stock(50, product=1)
    admin, reader, blocker = connect(), session(), connect()
    fold(admin)
    rows(blocker, "select pg_advisory_lock(77)")
    rows(admin, STOPS)
    # Whatever a fold writes, each of its writes can be the last one.
    for table in FOLDED:
        rows(admin, f"create trigger stop_here after insert or update or delete on inventory.{table} execute function stopping.stop_here()")
    told, killed = [], 0
    try:
        while True:
            was, now = (50, 3) if killed % 2 == 0 else (3, 50)
            s.set(now)
            rows(
                s.connection, "insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta, occurred_at) values (%s, %s, 'sale', -1, now() - interval '1 day')",
                s.store_ids[0], s.product_ids[1],
            )
            told.append(("alert" if now == 3 else "cleared", was, now))
            dying = connect()
            rows(dying, "select set_config('test.stop_at', %s, false)", str(killed + 1))
            outcome = []
            folding = threading.Thread(target=lambda: outcome.append(attempt(dying, rebuild)))
            folding.start()
            waiting = "select wait_event = 'advisory' from pg_stat_activity where pid = %s"
            wait_for(lambda: outcome or value(admin, waiting, dying.get_backend_pid()))
            if not outcome:
                rows(admin, "select pg_terminate_backend(%s)", dying.get_backend_pid())
            folding.join(timeout=60)
            if outcome[0] is None:
                break
            killed += 1
            assert s.events() == [] and differences(reader, "now") == []
    finally:
        for table in FOLDED:
            rows(admin, f"drop trigger stop_here on inventory.{table}")
        rows(admin, "drop schema stopping cascade")
        blocker.close()
    assert killed > len(FOLDED), "it was killed at every one of its writes"
    assert s.events() == told and differences(reader, "mv") == []


def attempt(connection, rebuild):
    """Why the fold failed; None when it did not."""
    try:
        fold(connection, rebuild)
        return None
    except psycopg2.Error as error:
        return error


def test_a_commit_that_lands_during_a_rebuild_is_folded_next(session, shop):
    s = shop()
    s.stock(50)
    reader = session()
    fold(reader)
    s.set(49)
    # The rebuild's first statement waits for a row, with its snapshot taken; meanwhile a sale commits.
    blocker, folder = connect(), connect()
    blocker.autocommit = False
    rows(blocker, "select from inventory.folded_products where product_id = %s for update", s.product_ids[0])
    rebuild = threading.Thread(target=fold, args=(folder, True))
    rebuild.start()
    wait_for(lambda: value(reader, "select wait_event_type = 'Lock' from pg_stat_activity where pid = %s", folder.get_backend_pid()))
    rows(
        s.connection, "insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta, occurred_at) values (%s, %s, 'sale', -7, now() - interval '2 days')",
        s.store_ids[0], s.product_ids[0],
    )
    blocker.rollback()
    rebuild.join(timeout=60)
    assert differences(reader, "now") == [] and differences(reader, "mv") != []
    fold(reader)
    assert differences(reader, "mv") == []
    assert value(
        reader, "select sum(sold) from (select sold from inventory.sales_by_day where product_id = %s "
        "union all select sold from inventory.folded_stock where product_id = %s) as d", s.product_ids[0], s.product_ids[0],
    ) == 7, "counted once"


def test_a_fold_in_repeatable_read_whose_turn_another_one_took_fails_and_loses_nothing(session, shop):
    s = shop()
    s.stock(50)
    late, other = connect(), connect()
    fold(other)
    late.autocommit = False
    late.set_session(isolation_level="REPEATABLE READ")
    value(late, "select count(*) from inventory.fold_state")
    s.set(49)
    fold(other)
    with pytest.raises(psycopg2.errors.SerializationFailure):
        fold(late)
    late.rollback()
    assert differences(session(), "mv") == []


def test_what_was_told_before_a_truncate_is_not_lost_in_it(session, shop):
    """A fold that began before the TRUNCATE ended sees the table empty, whatever its snapshot: the rows that come again were told of before."""
    s = shop(stores=2, products=2)
    s.stock(10)
    s.stock(10, product=1)
    folder, reader, truncating = connect(), session(), connect()
    fold(folder)
    kept = rows(s.connection, "select store_id, product_id, on_hand from inventory.inventory_stock")
    rows(s.connection, "update inventory.stores set active = false where store_id = %s", s.store_ids[0])
    rows(s.connection, "update inventory.products set base_price = 77 where product_id = %s", s.product_ids[1])
    truncating.autocommit = False
    rows(truncating, "truncate inventory.inventory_stock")
    for row in kept:
        rows(truncating, "insert into inventory.inventory_stock (store_id, product_id, on_hand) values (%s, %s, %s)", *row)
    outcome = []
    thread = threading.Thread(target=lambda: outcome.append(fold(folder)))
    thread.start()
    pid = folder.info.backend_pid
    wait_for(lambda: value(s.connection, "select count(*) from pg_locks where pid = %s and not granted", pid) == 1)
    truncating.commit()
    thread.join()
    assert len(outcome) == 1, "it folded, by a snapshot of after the TRUNCATE"
    fold(folder)
    assert differences(reader, "mv") == []
    # In an older snapshot it says so.
    old = connect()
    old.autocommit = False
    rows(old, "set transaction isolation level repeatable read")
    rows(old, "select 1")
    truncating.autocommit = True
    rows(truncating, "begin; truncate inventory.inventory_stock; commit")
    with pytest.raises(psycopg2.errors.SerializationFailure, match="truncated"):
        fold(old)
    old.rollback()
    fold(folder)
    assert differences(session(), "mv") == []


def test_it_refuses_a_transaction_that_has_written(shop):
    s = shop()
    s.stock(10)
    s.connection.autocommit = False
    s.set(9)
    with pytest.raises(psycopg2.errors.ActiveSqlTransaction):
        fold(s.connection)


def test_a_transaction_that_writes_after_it_folded_is_folded_next_time(session, shop):
    s = shop()
    s.stock(10)
    s.connection.autocommit = False
    fold(s.connection)
    s.set(3)
    s.connection.commit()
    fold(s.connection)
    s.connection.commit()
    assert s.events() == [("alert", 10, 3)]
    assert differences(session(), "mv") == []


def test_sales_are_counted_by_the_day_of_the_store_and_once(session, shop):
    s = shop()
    s.stock(100)
    folder = connect()
    fold(folder)
    days = [0, 1, 1, 5, 0, 40, 1]
    for n, day in enumerate(days):
        rows(
            s.connection, "insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta, occurred_at) values (%s, %s, 'sale', -1, now() - make_interval(days => %s))",
            s.store_ids[0], s.product_ids[0], day,
        )
        if n % 2:
            fold(folder)
    fold(folder)

    def sold():
        return rows(
            s.connection,
            "select current_date - day, sum(sold)::integer from (select day, sold from inventory.sales_by_day where product_id = %s "
            "union all select sold_on, sold from inventory.folded_stock where product_id = %s and sold_on is not null and sold <> 0) as d group by day order by 1",
            s.product_ids[0], s.product_ids[0],
        )

    assert sold() == [(0, 2), (1, 3), (5, 1), (40, 1)]
    fold(folder, rebuild=True)
    assert sold() == [(0, 2), (1, 3), (5, 1), (40, 1)]


def test_times_and_amounts_at_the_very_end_do_not_stop_it(session, shop):
    s = shop(stores=3)
    top = 9223372036854775807
    s.stock(top)
    s.stock(top, store=1)
    s.stock(0, product=1, allow_negative=True)
    s.stock(100, store=2)
    folder = connect()
    fold(folder)
    # The last store is west of Greenwich: there the first moment that PostgreSQL knows has no local time.
    for when in ("9999-12-31 23:59+00", "4714-11-24 00:00:00+00 BC"):
        for store in (0, 2):
            rows(
                s.connection, "insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta, occurred_at) values (%s, %s, 'sale', -1, %s)",
                s.store_ids[store], s.product_ids[0], when,
            )
        fold(folder)
    s.set(-top, product=1)
    fold(folder)
    assert value(folder, "select on_hand from inventory.inventory_summary_mv where sku = %s", s.skus[0]) > top
    assert fold(folder, rebuild=True)[1] == "asked for"


def test_amounts_that_come_to_more_than_a_bigint_are_counted(session, shop):
    s = shop()
    huge = 9_000_000_000_000_000_000
    s.stock(huge)
    folder, reader = connect(), session()
    fold(folder)
    for kind, delta in (("sale", -huge), ("purchase", huge), ("sale", -huge), ("purchase", huge)):
        rows(s.connection, "insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta) values (%s, %s, %s, %s)", s.store_ids[0], s.product_ids[0], kind, delta)
    assert differences(reader, "now") == []
    fold(folder)
    assert value(folder, "select sold from inventory.folded_stock where product_id = %s", s.product_ids[0]) == 2 * huge
    fold(folder, rebuild=True)
    assert differences(reader, "mv") == []


def test_what_was_recorded_at_any_time_is_folded(session, shop):
    """Clocks are set back, replication is late: what is new is told by transactions alone."""
    s = shop()
    s.stock(100)
    folder, reader = connect(), session()
    fold(folder)
    # As logical replication puts it in: past the triggers, with the publisher's time.
    rows(
        folder, "alter table inventory.inventory_stock disable trigger user; "
        "update inventory.inventory_stock set on_hand = 3, version = version + 1 where store_id = %s and product_id = %s; "
        "do $$ declare v_name name; begin for v_name in select tgname from pg_trigger where tgrelid = 'inventory.inventory_stock'::regclass and not tgisinternal "
        "loop execute format('alter table inventory.inventory_stock enable always trigger %%I', v_name); end loop; end $$; "
        "insert into inventory.stock_ledger_months (store_id, product_id, kind, on_hand_delta, on_hand_after, version, recorded_at) "
        "select store_id, product_id, 'sale', -97, 3, version, now() - interval '5 days' from inventory.inventory_stock where store_id = %s and product_id = %s",
        s.store_ids[0], s.product_ids[0], s.store_ids[0], s.product_ids[0],
    )
    assert differences(reader, "now") == []
    fold(folder)
    assert differences(reader, "mv") == []


def test_a_row_that_is_made_and_deleted_between_two_folds_leaves_its_sales(session, shop):
    s = shop()
    folder, reader = connect(), session()
    fold(folder)
    s.stock(20)
    rows(
        s.connection, "insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta, occurred_at) values (%s, %s, 'sale', -9, now() - interval '1 day')",
        s.store_ids[0], s.product_ids[0],
    )
    rows(s.connection, "delete from inventory.inventory_stock where store_id = %s and product_id = %s", s.store_ids[0], s.product_ids[0])
    fold(folder)
    s.stock(1)
    assert differences(reader, "now") == []
    fold(folder)
    assert differences(reader, "mv") == []
    assert value(folder, "select sold_30 from inventory.low_stock_alerts_mv where store = %s", s.stores[0]) == 9


def zone_where_it_is(hour):
    """The name of a time zone where the clock shows that hour now."""
    east = (hour - datetime.datetime.now(datetime.timezone.utc).hour + 12) % 24 - 12
    return f"Etc/GMT{-east:+d}"  # named the other way round


def test_a_changed_time_zone_moves_sales_to_other_days(session, shop):
    """An hour ago was today where it is noon, and is yesterday where it is just after midnight; only whole days count."""
    s = shop()
    rows(s.connection, "update inventory.stores set time_zone = %s where store_id = %s", zone_where_it_is(12), s.store_ids[0])
    s.stock(4)
    folder, reader = connect(), session()
    rows(
        s.connection, "insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta, occurred_at) values (%s, %s, 'sale', -1, now() - interval '61 minutes')",
        s.store_ids[0], s.product_ids[0],
    )
    fold(folder)
    sold = "select sold_30 from inventory.low_stock_alerts_mv where store = %s"
    assert value(folder, sold, s.stores[0]) == 0
    rows(s.connection, "update inventory.stores set time_zone = %s where store_id = %s", zone_where_it_is(0), s.store_ids[0])
    fold(folder)
    assert value(folder, sold, s.stores[0]) == 1
    assert differences(reader, "mv") == [] and differences(reader, "now") == []


def test_who_is_held_to_some_stores_does_not_fold(shop):
    s = shop()
    admin = connect()
    rows(admin, "drop role if exists views_held")
    rows(admin, "create role views_held login in role inventory_reader")
    rows(admin, "insert into inventory.store_access (login, store_id) values ('views_held', %s)", s.store_ids[0])
    try:
        rows(admin, "grant inventory_daemon to views_held")
        held = psycopg2.connect(dbname=admin.get_dsn_parameters()["dbname"], user="views_held")
        held.autocommit = True
        with pytest.raises(psycopg2.Error) as refused:
            fold(held)
        assert refused.value.pgcode == "SD045"
        held.close()
    finally:
        rows(admin, "delete from inventory.store_access where login = 'views_held'")
        rows(admin, "drop role views_held")


def test_sales_of_months_that_were_let_go_are_kept_in_a_restored_copy(shop):
    """Nothing says there that months went, but that a store is older than what is left; a rebuild counts the rest only."""
    s = shop()
    s.stock(4)
    folder = connect()
    fold(folder)
    # As a restore brings it.
    rows(
        folder, "set session_replication_role = replica; "
        "insert into inventory.stores (code, name, created_at) values ('v-old', '', now() - interval '80 days'); set session_replication_role = origin",
    )
    rows(folder, "insert into inventory.sales_by_day values (%s, %s, date_trunc('month', now())::date - 10, 3)", s.store_ids[0], s.product_ids[0])
    try:
        fold(folder, rebuild=True)
        assert value(folder, "select sum(sold) from inventory.sales_by_day where store_id = %s", s.store_ids[0]) == 3
    finally:
        rows(folder, "delete from inventory.sales_by_day where store_id = %s", s.store_ids[0])
        rows(folder, "delete from inventory.stores where code = 'v-old'")
