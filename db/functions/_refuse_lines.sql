-- Goes through this transaction's staged lines of the given stock rows one by one, in file order, and takes those out of the
-- batch that cannot be applied after the ones before them. Returns them with the reasons. Their ids are free again.
-- REQUIRES: the stock rows are locked. Called by _import_movements only for rows that could run short.
create or replace function inventory._refuse_lines(in_keys inventory.stock_key[], in_source_id bigint)
returns table (line bigint, reason text)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_line record;
    v_store_id bigint;
    v_product_id bigint;
    v_on_hand numeric;
    v_after numeric;
    v_reason text;
    v_lines bigint[] := array[]::bigint[];
    v_reasons text[] := array[]::text[];
begin
    for v_line in
        select i.line, i.store_id, i.product_id, i.quantity, s.store_id as found, s.on_hand, s.reserved, s.allow_negative
        from unnest(in_keys) as k
        join inventory.import_staging as i
            on i.xid = pg_current_xact_id() and i.store_id = k.store_id and i.product_id = k.product_id
        left join inventory.inventory_stock as s on s.store_id = k.store_id and s.product_id = k.product_id
        order by i.store_id, i.product_id, i.line
    loop
        if v_store_id is distinct from v_line.store_id or v_product_id is distinct from v_line.product_id then
            v_store_id := v_line.store_id;
            v_product_id := v_line.product_id;
            v_on_hand := v_line.on_hand;
        end if;
        v_after := v_on_hand + v_line.quantity;
        v_reason := null;
        if v_line.found is null then
            v_reason := 'the store or the product was deleted meanwhile';
        elsif v_after not between -9223372036854775808 and 9223372036854775807
            or v_after - v_line.reserved < -9223372036854775808 then
            v_reason := format('quantity %s would bring on_hand out of the range of bigint', v_line.quantity);
        elsif v_after < v_line.reserved and not v_line.allow_negative then
            v_reason := format(
                'Insufficient stock of %s in %s: Need %s, Have %s (Short: %s)',
                (select p.sku from inventory.products as p where p.product_id = v_line.product_id),
                (select t.code from inventory.stores as t where t.store_id = v_line.store_id),
                -v_line.quantity::numeric, v_on_hand - v_line.reserved, v_line.reserved - v_after
            );
        end if;
        if v_reason is null then
            v_on_hand := v_after;
        else
            v_lines := v_lines || v_line.line;
            v_reasons := v_reasons || v_reason;
        end if;
    end loop;
    perform inventory._take_back_lines(v_lines, in_source_id);
    return query select b.line, b.reason from unnest(v_lines, v_reasons) as b (line, reason);
end
$$;

comment on function inventory._refuse_lines(inventory.stock_key[], bigint) is
    'For imports: takes movements out of the batch that would oversell.';
