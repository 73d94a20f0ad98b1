-- An operation makes the stock rows that it locks. One that nothing moved is taken away again: no movement tells anybody of it.
begin;
select no_plan();

select test.store('iv-a');
select test.product('iv-' || n) from generate_series(1, 6) as n;
create function pg_temp.lines(in_sku text, in_quantity numeric default 1) returns jsonb language sql as $$
    select jsonb_build_array(jsonb_build_object('sku', in_sku, 'quantity', in_quantity))
$$;
create function pg_temp.remove(in_sku text) returns void language sql as $$
    delete from inventory.inventory_stock where store_id = test.store('iv-a') and product_id = test.product(in_sku)
$$;
-- Reserved for an order, then expired.
create function pg_temp.expired(in_order text, in_sku text) returns void language plpgsql as $$
begin
    perform inventory.must(inventory.reserve_stock(in_order, 'iv-a', pg_temp.lines(in_sku), '1 hour'));
    update inventory.stock_holds as h set expires_at = now() - interval '1 second'
    from inventory.stock_reservations as r
    where r.reservation_id = h.reservation_id and r.order_code = in_order;
    perform inventory.expire_reservations();
    perform pg_temp.remove(in_sku);
end
$$;
select inventory.receive_purchase('iv-a', (select jsonb_agg(l) from generate_series(1, 6) as n, jsonb_array_elements(pg_temp.lines('iv-' || n, 5)) as l)) \gset

select inventory.deduct_inventory_atomic('iv-a', pg_temp.lines('iv-1'), 'T1') \gset
select inventory.compensate_deduction('T1') \gset
select pg_temp.remove('iv-1');
select is(inventory.compensate_deduction('T1') ->> 'itemsRestored', '0', 'nothing is left to give back');
select is(test.stock('iv-a', 'iv-1'), null, 'and no stock row is made for it');

select pg_temp.expired('o2', 'iv-2');
select is(jsonb_array_length(inventory.process_order_stock_reduction('o2', 'iv-a') -> 'shortfall'), 1, 'an order that is paid too late finds nothing');
select is(test.stock('iv-a', 'iv-2'), null, 'and makes no stock row');

select pg_temp.expired('o3', 'iv-3');
select is((inventory.unreserve_stock('o3', 'iv-a') -> 'movements')::text, '[]', 'what has expired is given back already');
select is(test.stock('iv-a', 'iv-3'), null, 'and its stock row stays away');

select pg_temp.expired('o4', 'iv-4');
select is(inventory.reserve_stock('o4', 'iv-a', pg_temp.lines('iv-5'), '1 hour') ->> 'success', 'true', 'an order that wants something else now');
select is(test.stock('iv-a', 'iv-4'), null, 'has no stock row of what it wanted before');

select inventory.set_lot_policy('iv-6', 'fifo', 3) \gset
select lot_id from inventory.stock_lots where store_id = test.store('iv-a') and product_id = test.product('iv-6') \gset
select pg_temp.remove('iv-6');
select is(inventory.add_lot_cost('iv-a', :lot_id, 2) ->> 'success', 'true', 'a late cost of a lot whose stock row is gone');
select is(test.stock('iv-a', 'iv-6'), null, 'does not bring it back');

select is_empty('select test.contradictions()', 'Q1 holds');
select * from finish();
rollback;
