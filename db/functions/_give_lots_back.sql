-- Gives units back to the lots that they were taken from, at the cost at which they were taken: of each entry that took some, in order,
-- what is not given back yet. n times one unit comes to the same cost as n units at once, and all of it to exactly what was taken.
--   in_original_document_id  what they were taken for
--   in_original_version      of the movement that took them; null: any of the document's
-- Returns how many it could not give back: more than those entries took.
-- Writes: stock_lots, stock_lot_entries. Locks: nothing more; whoever calls it holds the stock row.
create or replace function inventory._give_lots_back(
    in_store_id bigint, in_product_id bigint, in_version bigint, in_quantity bigint, in_original_document_id bigint,
    in_original_version bigint, in_document_id bigint, in_occurred_at timestamptz
) returns bigint
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    v_rest bigint := in_quantity;
    v_entry_id bigint;
begin
    for v_entry_id in
        select e.entry_id
        from inventory.stock_lot_entries as e
        where e.document_id = in_original_document_id and e.product_id = in_product_id and e.store_id = in_store_id
            and e.kind = 'taken' and (in_original_version is null or e.version = in_original_version)
        order by e.entry_id
    loop
        exit when v_rest = 0;
        v_rest := v_rest - inventory._give_entry_back(
            in_store_id, in_product_id, in_version, v_rest, v_entry_id, in_document_id, in_occurred_at
        );
    end loop;
    return v_rest;
end
$$;

comment on function inventory._give_lots_back(bigint, bigint, bigint, bigint, bigint, bigint, bigint, timestamptz) is
    'Gives units back to the lots that they were taken from.';

-- Gives units back that come together again from parts of a unit, which were sold apart: one movement opened the unit and took it out of its
-- lot, others took the rest of it. So it is not the one that is given back that has the entry, but one that took a fraction before it, the
-- last one that is not given back yet; when there is none, the last one of all.
--   in_original_version  of the movement that is given back; null when that is not known
-- Returns how many it could not give back. Reads: stock_remainder_steps, which says what took fractions.
-- Writes: stock_lots, stock_lot_entries. Locks: nothing more; whoever calls it holds the stock row.
create or replace function inventory._give_opened_back(
    in_store_id bigint, in_product_id bigint, in_version bigint, in_quantity bigint, in_original_version bigint,
    in_document_id bigint, in_occurred_at timestamptz
) returns bigint
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
as $$
declare
    v_rest bigint := in_quantity;
    v_until bigint := coalesce(in_original_version, in_version);
    v_entry_id bigint;
begin
    while v_rest > 0 loop
        select e.entry_id into v_entry_id
        from inventory.stock_remainder_steps as p
        join inventory.stock_lot_entries as e
            on e.store_id = p.store_id and e.product_id = p.product_id and e.version = p.version and e.kind = 'taken'
        where p.store_id = in_store_id and p.product_id = in_product_id and p.version <= v_until and -e.quantity > (
            select coalesce(sum(r.quantity), 0) from inventory.stock_lot_entries as r where r.original_entry_id = e.entry_id
        )
        order by p.version desc, e.entry_id desc
        limit 1;
        if not found then
            exit when v_until = in_version;
            v_until := in_version;
            continue;
        end if;
        v_rest := v_rest - inventory._give_entry_back(
            in_store_id, in_product_id, in_version, v_rest, v_entry_id, in_document_id, in_occurred_at
        );
    end loop;
    return v_rest;
end
$$;

comment on function inventory._give_opened_back(bigint, bigint, bigint, bigint, bigint, bigint, timestamptz) is
    'Gives units back that come together again from parts that were sold apart.';

-- Gives back to its lot what an entry took, as far as it is not given back yet.
--   in_quantity  at most so many
-- Returns how many it gave back. Writes: stock_lots, stock_lot_entries.
create or replace function inventory._give_entry_back(
    in_store_id bigint, in_product_id bigint, in_version bigint, in_quantity bigint, in_entry_id bigint, in_document_id bigint,
    in_occurred_at timestamptz
) returns bigint
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    v_taken record;
    v_part bigint;
begin
    select
        -e.quantity as quantity, -e.value as value, l.lot, l.expires_on, case when not l.is_debt then l.age end as age,
        coalesce((select sum(r.quantity) from inventory.stock_lot_entries as r where r.original_entry_id = e.entry_id), 0) as given
    into v_taken
    from inventory.stock_lot_entries as e
    join inventory.stock_lots as l on l.lot_id = e.lot_id
    where e.entry_id = in_entry_id;
    v_part := least(in_quantity, v_taken.quantity - v_taken.given);
    if v_part > 0 then
        perform inventory._put_lot(
            in_store_id, in_product_id, in_version, 'returned', v_part,
            inventory._cost_share(v_taken.value, v_taken.given + v_part, v_taken.quantity)
                - inventory._cost_share(v_taken.value, v_taken.given, v_taken.quantity),
            v_taken.lot, v_taken.expires_on, v_taken.age, in_entry_id, in_document_id, null, in_occurred_at
        );
    end if;
    return v_part;
end
$$;

comment on function inventory._give_entry_back(bigint, bigint, bigint, bigint, bigint, bigint, timestamptz) is
    'Gives back to its lot what an entry took.';
