-- What the pgTAP files share. Only the test's own database has it; may be run again.
set client_min_messages = warning;
create extension if not exists pgtap;
create extension if not exists plpgsql_check;
create extension if not exists dblink;

drop schema if exists test cascade;
create schema test;
grant usage on schema test to public;

-- Stores and products by code, made when missing.
create function test.store(in_code text) returns bigint
language plpgsql
as $$
declare
    v_id bigint;
begin
    select s.store_id into v_id from inventory.stores as s where s.code = in_code;
    if v_id is null then
        insert into inventory.stores (code, name) values (in_code, 'Store ' || in_code) returning store_id into v_id;
    end if;
    return v_id;
end
$$;

create function test.product(in_sku text) returns bigint
language plpgsql
as $$
declare
    v_id bigint;
begin
    select p.product_id into v_id from inventory.products as p where p.sku = in_sku;
    if v_id is null then
        insert into inventory.products (sku, name) values (in_sku, 'Product ' || in_sku) returning product_id into v_id;
    end if;
    return v_id;
end
$$;

-- A stock row as text, and the last movements of its product in short form, oldest first: what most cases compare.
create function test.stock(in_code text, in_sku text) returns text
language sql stable
as $$
    select format('on_hand %s reserved %s version %s', s.on_hand, s.reserved, s.version)
    from inventory.inventory_stock as s
    where s.store_id = (select store_id from inventory.stores where code = in_code)
        and s.product_id = (select product_id from inventory.products where sku = in_sku)
$$;

create function test.movements(in_code text, in_sku text) returns text
language sql stable
as $$
    select string_agg(format('%s:%s %s>%s', l.version, l.kind, to_char(l.on_hand_delta, 'SG9999999999999999999FM'), l.on_hand_after), ', ' order by l.version)
    from inventory.stock_ledger as l
    where l.store_id = (select store_id from inventory.stores where code = in_code)
        and l.product_id = (select product_id from inventory.products where sku = in_sku)
$$;

-- Invariant Q1 over the whole database: what contradicts it, one line each. A file calls it at its end.
create function test.contradictions() returns setof text
language sql stable
as $$
    with history as (
        select
            l.store_id, l.product_id, l.version, l.on_hand_after, l.reserved_after, l.kind,
            sum(l.on_hand_delta) over running as on_hand_sum,
            sum(l.reserved_delta) over running as reserved_sum,
            row_number() over running as place,
            first_value(l.version) over running as first_version,
            first_value(l.kind) over running as first_kind
        from inventory.stock_ledger as l
        window running as (partition by l.store_id, l.product_id order by l.version rows unbounded preceding)
    ),
    last_rows as (
        select distinct on (h.store_id, h.product_id) h.*
        from history as h
        order by h.store_id, h.product_id, h.place desc
    )
    select format('%s/%s: version %s stands at place %s after %s', h.store_id, h.product_id, h.version, h.place, h.first_version)
    from history as h
    where h.version <> h.first_version + h.place - 1
    union all
    select format('%s/%s: history begins at version %s (%s)', h.store_id, h.product_id, h.first_version, h.first_kind)
    from history as h
    where h.place = 1 and h.first_version <> 1 and h.first_kind <> 'opening'
    union all
    select format('%s/%s: version %s says on_hand %s, the sum is %s', h.store_id, h.product_id, h.version, h.on_hand_after, h.on_hand_sum)
    from history as h
    where h.on_hand_after <> h.on_hand_sum or h.reserved_after <> h.reserved_sum
    union all
    select format(
        '%s/%s: stock row says %s, %s at version %s, the ledger %s, %s at %s',
        coalesce(s.store_id, l.store_id), coalesce(s.product_id, l.product_id),
        s.on_hand, s.reserved, s.version, l.on_hand_after, l.reserved_after, l.version
    )
    from inventory.inventory_stock as s
    full join last_rows as l on l.store_id = s.store_id and l.product_id = s.product_id
    where case
        when s.store_id is null then l.on_hand_after <> 0 or l.reserved_after <> 0
        when l.store_id is null then true
        else s.on_hand <> l.on_hand_after or s.reserved <> l.reserved_after or s.version <> l.version
    end
    union all
    select format('%s/%s: version %s rang nothing', l.store_id, l.product_id, l.version)
    from inventory.stock_ledger as l
    where not l.rung
$$;

-- Also Q1: what stock rows say is reserved, and what their holds come to. Not part of the above, because other files write reserved by hand.
create function test.reservation_contradictions() returns setof text
language sql stable
as $$
    select format('%s/%s: reserved %s, held %s', s.store_id, s.product_id, s.reserved, coalesce(h.units, 0))
    from inventory.inventory_stock as s
    full join (
        select o.store_id, o.product_id, sum(o.units) as units from inventory.stock_holds as o where o.state = 'held' group by 1, 2
    ) as h on h.store_id = s.store_id and h.product_id = s.product_id
    where coalesce(s.reserved, 0) <> coalesce(h.units, 0)
$$;

-- Also Q1: what stock rows say is on hand, and what their lots come to; what lots say, and their entries.
create function test.lot_contradictions() returns setof text
language sql stable
as $$
    select format('%s/%s: on_hand %s, keeps lots %s, in lots %s', l.store_id, l.product_id, s.on_hand, s.keeps_lots, l.quantity)
    from (
        select o.store_id, o.product_id, sum(o.remaining_quantity) as quantity from inventory.stock_lots as o group by 1, 2
    ) as l
    full join inventory.inventory_stock as s on s.store_id = l.store_id and s.product_id = l.product_id
    where coalesce(l.quantity, 0) <> case when s.keeps_lots then s.on_hand else 0 end
    union all
    select format('lot %s: %s of %s taken at %s of %s', l.lot_id, l.taken, l.quantity, l.taken_value, l.value)
    from inventory.stock_lots as l
    where case
        when l.is_debt then l.quantity <> 0 or l.value <> 0 or l.taken < 0 or l.taken_value < 0
        else l.taken not between 0 and l.quantity or l.taken_value <> round(l.value * l.taken / l.quantity, 6)
    end
    union all
    select format('lot %s: %s at %s remain, the entries say %s at %s', l.lot_id, l.remaining_quantity, l.remaining_value, e.quantity, e.value)
    from inventory.stock_lots as l
    left join (
        select t.lot_id, sum(t.quantity) as quantity, sum(t.value) as value from inventory.stock_lot_entries as t group by 1
    ) as e on e.lot_id = l.lot_id
    where e.quantity is distinct from l.remaining_quantity or e.value is distinct from l.remaining_value
    union all
    select format('%s/%s: keeps lots %s, policy %s', s.store_id, s.product_id, s.keeps_lots, p.policy)
    from inventory.inventory_stock as s
    left join inventory.lot_policies as p on p.product_id = s.product_id
    where s.keeps_lots <> (p.policy is not null)
$$;

-- The lots of a product in short form, in the order in which they are taken.
create function test.lots(in_code text, in_sku text) returns text
language sql stable
as $$
    select string_agg(
        format('%s%s %s at %s', coalesce(l.lot, '-'), case when l.is_debt then ' owed' when l.is_expired then ' expired' else '' end, l.remaining_quantity, trim_scale(l.remaining_value)),
        ', ' order by l.place
    )
    from inventory.list_lots(in_code, in_sku) with ordinality as l (
        lot_id, product, lot, expires_on, is_expired, is_debt, remaining_quantity, remaining_value, quantity, value, created_at, place
    )
$$;

-- The feed's news since a position in short form, in order.
create function test.news(in_position text) returns text
language sql volatile
as $$
    select string_agg(
        case f.source when 'movement' then format('%s/%s %s', f.store, f.sku, f.version) else f.type end, ', '
        order by f.ticket::bigint, f.movement_id, f.recorded_at
    )
    from inventory.feed_after(in_position, 100000) as f
$$;

grant execute on all functions in schema test to public;
