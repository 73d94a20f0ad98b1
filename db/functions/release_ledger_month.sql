-- role: inventory_owner
-- Lets the oldest month of the ledger go: first an opening balance per stock row takes the place of its movements (sums and
-- versions hold as before), then the month's table is dropped. Copy the month first if it is to be kept elsewhere. Positions
-- that had not read all of it are refused from then on (SD003).
--   month  any day of the month, which must be over, and the oldest that there is
-- Returns how many movements went, how many openings stand for them, and how many were kept because they follow later ones.
-- Raises SD008 (published), 22023 (not over, not the oldest, no such month), 40001 (somebody was still writing into the month), 55P03 (locked).
-- Locks: the ledger's months ShareUpdateExclusive; at the end AccessExclusive, waiting at most 2 s, for the time of a DROP TABLE.
create or replace function inventory.release_ledger_month(
    month date, out movements_released bigint, out openings_written bigint, out movements_kept bigint
)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '2s'
set timezone = 'UTC'
set enable_seqscan = off
as $$
declare
    v_from timestamptz := date_trunc('month', release_ledger_month.month::timestamptz);
    v_until timestamptz := v_from + interval '1 month';
    v_name text := 'stock_ledger_' || to_char(v_from, 'YYYY_MM');
    v_oldest text;
    v_written record;
    v_is_late boolean;
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'release_ledger_month needs READ COMMITTED' using errcode = 'invalid_transaction_state';
    end if;
    if v_from is null or v_until > now() then
        raise exception 'only a month that is over can be let go, not %', coalesce(to_char(v_from, 'YYYY-MM'), 'null')
            using errcode = '22023';
    end if;
    perform inventory._check_not_published('stock_ledger');
    perform inventory.make_ledger_months();
    lock table only inventory.stock_ledger_months in share update exclusive mode;
    select min(c.relname::text) into v_oldest
    from pg_inherits as i
    join pg_class as c on c.oid = i.inhrelid
    where i.inhparent = 'inventory.stock_ledger_months'::regclass and c.relname <> 'stock_ledger_default';
    if to_regclass('inventory.' || v_name) is null or v_name <> v_oldest then
        raise exception 'the oldest month of the ledger is %, not %',
            replace(right(v_oldest, 7), '_', '-'), to_char(v_from, 'YYYY-MM')
            using errcode = '22023', hint = 'Months go one by one, the oldest first.';
    end if;
    select w.* into v_written
    from inventory._write_openings(v_from, v_until) as w;
    movements_released := v_written.released;
    openings_written := v_written.openings;
    movements_kept := v_written.kept;

    -- From here on nobody reads or writes the ledger. A transaction that began in that month may have written until now.
    lock table only inventory.stock_ledger_months in access exclusive mode;
    execute format(
        'select exists (
             select from inventory.%I as m
             where (m.xid >= pg_snapshot_xmax($1) or m.xid = any (array(select x from pg_snapshot_xip($1) as x)))
                 and m.movement_id > (select e.movement_id_floor from inventory.epoch as e)
         )',
        v_name
    ) into v_is_late using v_written.read_at;
    if v_is_late then
        raise exception 'somebody was still writing into %', to_char(v_from, 'YYYY-MM')
            using errcode = 'serialization_failure', hint = 'Try again.';
    end if;
    update inventory.epoch as e set released_xid = greatest(e.released_xid, v_written.released_xid);
    execute format('drop table inventory.%I', v_name);
end
$$;

comment on function inventory.release_ledger_month(date) is
    'Lets the oldest month of the ledger go, after writing an opening balance per stock row. Positions that still needed it are refused.';
