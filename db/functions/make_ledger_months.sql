-- role: inventory_owner
-- Makes the monthly partitions of the ledger up to so many months ahead (null: the setting ledger_months_ahead), and moves into
-- them what the default partition caught meanwhile. Safe to call at any time and by several at once; waits at most 2 s for its
-- locks (ShareUpdateExclusive on the ledger's months, AccessExclusive on the default partition), then raises lock_not_available. A caller
-- whose own lock_timeout is shorter waits no longer than that: every reader of the ledger queues behind the second of them.
-- Months that the default partition holds movements of are made too, however long ago.
-- Returns the names of what it made. As the owner: only the owner may make partitions.
create or replace function inventory.make_ledger_months(months_ahead integer default null) returns setof text
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set default_tablespace = ''
as $$
declare
    v_ahead integer := coalesce(
        make_ledger_months.months_ahead,
        (select s.value::integer from inventory.settings as s where s.name = 'ledger_months_ahead'),
        3
    );
    v_month timestamptz;
    v_name text;
    -- Not temporary, because a caller may have shaped one of that name; unlogged, so that it is never published.
    v_aside regclass;
    v_made boolean := false;
    v_lock_timeout text := current_setting('lock_timeout');
begin
    if v_ahead not between 0 and 120 then
        raise exception 'months_ahead must be from 0 to 120, not %', v_ahead using errcode = '22023';
    end if;
    if (select s.setting::integer not between 1 and 2000 from pg_settings as s where s.name = 'lock_timeout') then
        set local lock_timeout = '2s';
    end if;
    for v_month in
        select m from generate_series(
            date_trunc('month', now()), date_trunc('month', now()) + make_interval(months => v_ahead), interval '1 month'
        ) as m
        union
        select date_trunc('month', d.recorded_at) from inventory.stock_ledger_default as d where d.recorded_at < now()
        order by 1
    loop
        v_name := 'stock_ledger_' || to_char(v_month, 'YYYY_MM');
        continue when to_regclass('inventory.' || v_name) is not null;
        lock table only inventory.stock_ledger_months in share update exclusive mode;
        continue when to_regclass('inventory.' || v_name) is not null;
        execute format(
            'create table inventory.%I (like inventory.stock_ledger_months including defaults including constraints)', v_name
        );
        execute format('comment on table inventory.%I is %L', v_name, 'Movements recorded in ' || to_char(v_month, 'YYYY-MM') || ' (UTC).');
        execute format(
            'create trigger before_00_no_truncate before truncate on inventory.%1$I
                for each statement execute function inventory.history_append_only();
            alter table inventory.%1$I enable always trigger before_00_no_truncate;
            comment on trigger before_00_no_truncate on inventory.%1$I is %2$L',
            v_name, 'Movements are never truncated away.'
        );
        lock table inventory.stock_ledger_default in access exclusive mode;
        if exists (
            select from inventory.stock_ledger_default as d
            where d.recorded_at >= v_month and d.recorded_at < v_month + interval '1 month'
        ) then
            execute format('create unlogged table inventory.%I (like inventory.stock_ledger_months)', v_name || '_aside');
            execute format('grant select, insert on inventory.%I to inventory_engine', v_name || '_aside');
            v_aside := format('inventory.%I', v_name || '_aside');
            perform inventory._set_caught_movements_aside(v_aside, v_month, v_month + interval '1 month');
        end if;
        execute format(
            'alter table inventory.stock_ledger_months attach partition inventory.%I for values from (%L) to (%L)',
            v_name, v_month, v_month + interval '1 month'
        );
        if v_aside is not null then
            perform inventory._put_caught_movements_back(v_aside);
            execute format('drop table %s', v_aside);
            v_aside := null;
        end if;
        return next v_name;
        v_made := true;
    end loop;
    if v_made then
        perform inventory._identify_movements();
    end if;
    perform set_config('lock_timeout', v_lock_timeout, true);
end
$$;

comment on function inventory.make_ledger_months(integer) is
    'Makes the monthly partitions of the ledger ahead of time. stockd calls it daily; call it from cron where none runs.';

-- The first months exist as soon as the schema does.
select inventory.make_ledger_months();
