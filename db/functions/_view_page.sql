-- Where a page ends, for whoever asks for the next: opaque to clients.
--   in_sort   how it is sorted
--   in_after  of its last item the values that it is sorted by
create or replace function inventory._cursor(in_sort text, in_after jsonb) returns text
language sql immutable
set search_path = pg_catalog, pg_temp
as $$
    select encode(convert_to(jsonb_build_object('sort', in_sort, 'after', in_after)::text, 'UTF8'), 'hex')
$$;

comment on function inventory._cursor(text, jsonb) is 'Where a page ends, for whoever asks for the next.';

-- The values of a cursor. Raises 22023 when it is of no page that is sorted so, or does not have so many.
create or replace function inventory._read_cursor(in_cursor text, in_sort text, in_count integer) returns jsonb
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_read jsonb;
begin
    begin
        v_read := convert_from(decode(in_cursor, 'hex'), 'UTF8')::jsonb;
    exception when others then
        v_read := null;
    end;
    if v_read is null or v_read ->> 'sort' is distinct from in_sort or jsonb_typeof(v_read -> 'after') is distinct from 'array'
        or jsonb_array_length(v_read -> 'after') <> in_count or v_read -> 'after' @> '[null]' then
        raise exception 'this cursor is of no page of this request' using errcode = 'invalid_parameter_value', hint = 'Use "next" of the page before, with the same sort.';
    end if;
    return v_read -> 'after';
end
$$;

comment on function inventory._read_cursor(text, text, integer) is 'The values of a cursor.';

-- A page of a view as stockd serves it, with how fresh it is. Values are bound; what is put together here are names from the lists below.
--   in_view     summary, by-shop, low-stock, analytics, search
--   in_filters  what the query of the request says, texts by name: store, category, vendor, status, scope, q, sort, limit, cursor
-- Returns one row: the page {"items": [...], "next": cursor or null}, the short hash of its position, and its age in milliseconds (null:
-- nothing was folded yet). The next page begins after the last item in the order of `sort`, whatever has changed since.
-- Raises 22023 with a sentence for the caller for a value that cannot be, SD006 for a store, category or vendor that there is not.
-- The analytics are of no position, and as old as they were worked out.
-- Reads: the views; for the keys of the summary's page products, folded_products, vendors and categories. Runs as the caller, who
-- sees every store (store_access lists no daemon and no admin), in one snapshot per statement.
create or replace function inventory._view_page(
    in_view text, in_filters jsonb, out page jsonb, out position_hash text, out age_ms bigint
)
language plpgsql stable
set search_path = pg_catalog, pg_temp
-- A cursor has times and numbers as text: exact, and to be read back as what they were.
set datestyle = 'ISO'
set extra_float_digits = 1
set plan_cache_mode = force_custom_plan
set jit = off
as $$
declare
    v_limit integer;
    v_sort text := coalesce(in_filters ->> 'sort', case in_view when 'summary' then 'sku' when 'by-shop' then 'store' when 'low-stock' then 'rank' end);
    v_is_descending boolean := v_sort like '-%';
    v_key text;
    v_keys text[];
    v_relation text;
    v_order text;
    v_page text;
    v_item text;
    v_after jsonb;
    v_where text := 'true';
    v_rows jsonb;
    v_last jsonb;
    v_column text;
    v_name text;
begin
    if coalesce(in_filters ->> 'limit', '50') !~ '^[0-9]{1,4}$' or coalesce(in_filters ->> 'limit', '50')::integer not between 1 and 1000 then
        raise exception 'limit is a number from 1 to 1000' using errcode = 'invalid_parameter_value', hint = 'Page on with cursor.';
    end if;
    v_limit := coalesce(in_filters ->> 'limit', '50')::integer;
    select
        case when in_view <> 'analytics' then f.position_hash end,
        (extract(epoch from case when in_view = 'analytics' then now() - f.analytics_at else f.age end) * 1000)::bigint
    into position_hash, age_ms
    from inventory._fold_freshness() as f;
    foreach v_name in array array['store', 'category', 'vendor'] loop
        if in_filters ? v_name then
            execute format('select true from inventory.%I as t where t.code = $1', case v_name when 'store' then 'stores' when 'vendor' then 'vendors' else 'categories' end)
            into v_column using in_filters ->> v_name;
            if v_column is null then
                raise exception 'there is no % "%"', v_name, left(in_filters ->> v_name, 100) using errcode = 'SD006';
            end if;
        end if;
    end loop;
    if in_view = 'search' then
        if in_filters ? 'cursor' then
            v_after := inventory._read_cursor(in_filters ->> 'cursor', 'relevance', 2);
        end if;
        select
            jsonb_agg(jsonb_build_object(
                'productId', s.sku, 'productName', s.name, 'description', s.description, 'vendor', s.vendor, 'category', s.category,
                'availability', s.availability, 'baseUnit', s.base_unit, 'basePrice', s.base_price, 'onHand', m.on_hand, 'available', m.available,
                'status', m.status
            ) order by s.place),
            (array_agg(jsonb_build_array(s.class, s.sku) order by s.place desc))[1]
        into v_rows, v_last
        from inventory._search(
            in_filters ->> 'q', v_limit, in_filters ->> 'category', in_filters ->> 'vendor', (v_after ->> 0)::integer, v_after ->> 1
        ) with ordinality as s (class, product_id, sku, name, description, vendor, category, availability, base_unit, base_price, place)
        -- One by one: the sums of a whole catalog are more than those of a page.
        left join lateral (
            select t.on_hand, t.available, t.status from inventory.inventory_summary_mv as t where t.product_id = s.product_id offset 0
        ) as m on true;
        page := jsonb_build_object(
            'items', coalesce(v_rows, '[]'),
            'next', case when jsonb_array_length(v_rows) = v_limit then inventory._cursor('relevance', v_last) end
        );
        return;
    end if;
    if in_filters ? 'status' and in_filters ->> 'status' not in ('in_stock', 'low_stock', 'out_of_stock') then
        raise exception 'status is in_stock, low_stock or out_of_stock' using errcode = 'invalid_parameter_value';
    end if;
    if in_filters ? 'scope' and in_filters ->> 'scope' not in ('overall', 'store', 'category', 'vendor') then
        raise exception 'scope is overall, store, category or vendor' using errcode = 'invalid_parameter_value';
    end if;
    if in_filters ? 'by' and in_filters ->> 'by' <> 'category' then
        raise exception 'by is category' using errcode = 'invalid_parameter_value';
    end if;
    case in_view
        when 'summary' then
            v_relation := 'inventory.inventory_summary_mv';
            v_key := case regexp_replace(v_sort, '^-', '')
                when 'sku' then 'sku' when 'name' then 'name' when 'available' then 'available' when 'on_hand' then 'on_hand'
                when 'value' then 'value_at_price' when 'last_movement' then 'last_movement_at'
            end;
            v_keys := array['product_id'];
            v_item := $q$ 'productId', x.sku, 'productName', x.name, 'vendor', x.vendor, 'category', x.category, 'availability', x.availability,
                'baseUnit', x.base_unit, 'onHand', x.on_hand, 'reserved', x.reserved, 'available', x.available, 'status', x.status,
                'stores', x.stores, 'storesWithStock', x.stores_with_stock, 'storesLow', x.stores_low, 'storesOut', x.stores_out,
                'currency', x.currency, 'valueAtCost', x.value_at_cost, 'valueAtPrice', x.value_at_price, 'availableBoxes', x.boxes,
                'availablePacks', x.packs, 'availablePieces', x.pieces, 'lastMovement', x.last_movement_at $q$;
        when 'by-shop' then
            v_relation := case when in_filters ? 'category' or in_filters ->> 'by' = 'category' then 'inventory.inventory_by_shop_category_mv' else 'inventory.inventory_by_shop_mv' end;
            v_key := case regexp_replace(v_sort, '^-', '') when 'store' then 'store' when 'value' then 'value_at_price' when 'out_of_stock' then 'out_of_stock' when 'low_stock' then 'low_stock' end;
            v_keys := array['store_id'] || case when v_relation like '%category_mv' then array['category_id'] else '{}'::text[] end;
            v_item := $q$ 'storeId', x.store, 'products', x.products, 'inStock', x.in_stock, 'lowStock', x.low_stock, 'outOfStock', x.out_of_stock,
                'onHand', x.on_hand, 'reserved', x.reserved, 'available', x.available, 'currency', x.currency, 'valueAtCost', x.value_at_cost,
                'productsWithoutCost', x.products_without_cost, 'valueAtPrice', x.value_at_price, 'productsWithoutPrice', x.products_without_price $q$
                || case when v_relation like '%category_mv' then $q$, 'category', x.category, 'categoryName', x.category_name $q$ else $q$, 'storeName', x.name $q$ end;
        when 'low-stock' then
            v_relation := 'inventory.low_stock_alerts_mv';
            v_key := case regexp_replace(v_sort, '^-', '') when 'rank' then 'rank' when 'since' then 'since' when 'shortage' then 'shortage' end;
            v_keys := array['store_id', 'product_id'];
            v_item := $q$ 'storeId', x.store, 'productId', x.sku, 'productName', x.name, 'category', x.category, 'vendor', x.vendor,
                'available', x.available, 'threshold', x.threshold, 'shortage', x.shortage, 'status', x.status, 'sold30', x.sold_30,
                'daysOfCover', x.days_of_cover, 'rank', x.rank, 'since', x.since $q$;
        when 'analytics' then
            v_relation := 'inventory.inventory_analytics_mv';
            v_sort := coalesce(v_sort, 'scope');
            v_key := case regexp_replace(v_sort, '^-', '') when 'scope' then 'scope' when 'value' then 'value_at_price' when 'sold' then 'sold_30' end;
            v_keys := array['scope', 'id'];
            v_item := $q$ 'scope', x.scope, 'code', x.code, 'name', x.name, 'products', x.products, 'stockRows', x.stock_rows, 'onHand', x.on_hand,
                'reserved', x.reserved, 'available', x.available, 'shareOfUnits', x.share_of_units, 'lowStock', x.low_stock,
                'outOfStock', x.out_of_stock, 'lowRatio', x.low_ratio, 'outRatio', x.out_ratio, 'currency', x.currency,
                'valueAtCost', x.value_at_cost, 'valueAtPrice', x.value_at_price, 'shareOfValue', x.share_of_value, 'margin', x.margin,
                'sold1', x.sold_1, 'sold7', x.sold_7, 'sold30', x.sold_30, 'velocity1', x.velocity_1, 'velocity7', x.velocity_7,
                'velocity30', x.velocity_30, 'turnover30', x.turnover_30, 'trend', x.trend, 'deadRows', x.dead_rows, 'deadUnits', x.dead_units,
                'deadValue', x.dead_value, 'asOf', x.as_of $q$;
        else
            raise exception 'there is no view "%"', left(in_view, 100) using errcode = 'invalid_parameter_value';
    end case;
    if v_key is null then
        raise exception 'this page cannot be sorted by "%"', left(v_sort, 100) using errcode = 'invalid_parameter_value', hint = 'docs/reference/http.md lists what it can be sorted by.';
    end if;
    foreach v_name in array array['store', 'category', 'vendor', 'status', 'scope'] loop
        if in_view = 'analytics' and in_filters ? v_name and v_name in ('store', 'category', 'vendor') then
            v_where := v_where || format(' and x.scope = %L and x.code = ($1 ->> %L)', v_name, v_name);
        elsif in_filters ? v_name then
            if not exists (select from pg_attribute as a where a.attrelid = v_relation::regclass and a.attname = v_name) then
                raise exception 'this page cannot be asked for one %', v_name using errcode = 'invalid_parameter_value';
            end if;
            v_where := v_where || format(' and x.%I = ($1 ->> %L)', v_name, v_name);
        end if;
    end loop;
    if v_key not in ('sku', 'store', 'rank', 'scope') then
        -- What has no value has no place in that order.
        v_where := v_where || format(' and x.%I is not null', v_key);
    end if;
    if in_filters ? 'cursor' then
        v_after := inventory._read_cursor(in_filters ->> 'cursor', v_sort, 1 + cardinality(v_keys));
        -- One row-wise comparison, which the index of the order can begin with.
        v_where := v_where || format(
            ' and (%s) %s (%s)',
            (select string_agg(format('x.%I', k.name), ', ' order by k.place) from unnest(v_key || v_keys) with ordinality as k (name, place)),
            case when v_is_descending then '<' else '>' end,
            (
                select string_agg(format('($2 ->> %s)::%s', k.place - 1, format_type(a.atttypid, null)), ', ' order by k.place)
                from unnest(v_key || v_keys) with ordinality as k (name, place)
                join pg_attribute as a on a.attrelid = v_relation::regclass and a.attname = k.name
            )
        );
    end if;
    v_order := (
        select string_agg(format('x.%I %s', k.name, case when v_is_descending then 'desc' else 'asc' end), ', ' order by k.place)
        from unnest(v_key || v_keys) with ordinality as k (name, place)
    );
    if in_view = 'summary' then
        -- Which products the page is of is found by what it is asked for and sorted by; what it says of them is looked up then. The view over
        -- a whole catalog, sorted, costs as much as the catalog is large.
        v_page := format(
            $q$
                select y.*, k.place
                from (
                    select z.product_id, row_number() over () as place
                    from (
                        select x.product_id
                        from (
                            select
                                p.product_id, p.sku, p.name, v.code as vendor, c.code as category, f.status, f.on_hand,
                                f.on_hand - f.reserved as available, f.moved_at as last_movement_at,
                                case when (select min(t.currency) = max(t.currency) from inventory.stores as t where t.active)
                                    then case when f.on_hand = 0 then 0 else f.on_hand * p.base_price end
                                end as value_at_price
                            from inventory.products as p
                            join inventory.folded_products as f on f.product_id = p.product_id
                            left join inventory.vendors as v on v.vendor_id = p.vendor_id
                            left join inventory.categories as c on c.category_id = p.category_id
                            where p.active
                        ) as x
                        where %s order by %s limit %s
                    ) as z
                ) as k
                cross join lateral (
                    select t.* from inventory.inventory_summary_mv as t where t.product_id = k.product_id offset 0
                ) as y
            $q$,
            v_where, v_order, v_limit
        );
    else
        v_page := format(
            'select y.*, row_number() over () as place from (select * from %s as x where %s order by %s limit %s) as y',
            v_relation, v_where, v_order, v_limit
        );
    end if;
    execute format(
        'select jsonb_agg(jsonb_build_object(%s) order by x.place), (array_agg(jsonb_build_array(%s) order by x.place desc))[1] from (%s) as x',
        v_item,
        (select string_agg(format('x.%I::text', k.name), ', ' order by k.place) from unnest(v_key || v_keys) with ordinality as k (name, place)),
        v_page
    ) into v_rows, v_last using in_filters, v_after;
    page := jsonb_build_object(
        'items', coalesce(v_rows, '[]'),
        'next', case when jsonb_array_length(v_rows) = v_limit
            then inventory._cursor(v_sort, v_last) end
    );
exception when invalid_text_representation or datetime_field_overflow or invalid_datetime_format or numeric_value_out_of_range then
    raise exception 'this cursor is of no page of this request' using errcode = 'invalid_parameter_value', hint = 'Use "next" of the page before, with the same sort.';
end
$$;

comment on function inventory._view_page(text, jsonb) is 'For stockd: a page of a view, with how fresh it is.';
