-- The oracle's own history of what was written, kept beside the product's: whole rows, by row triggers of its own.
-- Per key `seq` is the order, because the row's lock is held while it is drawn.
create schema soak;

create table soak.history (
    seq bigint generated always as identity primary key,
    xid xid8 not null default pg_current_xact_id(),
    tab text not null,
    op text not null,
    a bigint,
    b bigint,
    image jsonb,
    at timestamptz not null default clock_timestamp()
);
create index on soak.history (xid);

create function soak.record() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_new jsonb;
    v_old jsonb;
    v_a text := case tg_table_name when 'products' then 'product_id' else 'store_id' end;
    v_b text := case tg_table_name when 'inventory_stock' then 'product_id' end;
begin
    if tg_op = 'TRUNCATE' then
        insert into soak.history (tab, op) values (tg_table_name, 'T');
        return null;
    end if;
    if tg_op <> 'INSERT' then
        v_old := to_jsonb(old);
    end if;
    if tg_op <> 'DELETE' then
        v_new := to_jsonb(new) || jsonb_build_object('us', (extract(epoch from new.updated_at) * 1000000)::bigint);
    end if;
    if tg_op = 'DELETE' or (tg_op = 'UPDATE' and (v_old -> v_a, v_old -> v_b) is distinct from (v_new -> v_a, v_new -> v_b)) then
        insert into soak.history (tab, op, a, b, image)
        values (tg_table_name, 'D', (v_old ->> v_a)::bigint, (v_old ->> v_b)::bigint, v_old);
    end if;
    if tg_op <> 'DELETE' then
        insert into soak.history (tab, op, a, b, image)
        values (tg_table_name, 'W', (v_new ->> v_a)::bigint, (v_new ->> v_b)::bigint, v_new);
    end if;
    return null;
end
$$;

do $$
declare
    v_table text;
begin
    foreach v_table in array array['inventory_stock', 'products', 'stores'] loop
        -- a00: before the product's own row triggers, whose writes come after what fired them.
        execute format('create trigger a00_soak after insert or update or delete on inventory.%I for each row execute function soak.record()', v_table);
        execute format('alter table inventory.%I enable always trigger a00_soak', v_table);
        execute format('create trigger a00_soak_truncate after truncate on inventory.%I for each statement execute function soak.record()', v_table);
        execute format('alter table inventory.%I enable always trigger a00_soak_truncate', v_table);
    end loop;
end
$$;

grant usage on schema soak to public;
grant select on soak.history to public;
