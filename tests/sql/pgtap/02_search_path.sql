-- A schema in front of a caller's search_path, or a temporary table, must not get its own operators and tables into our functions.
begin;
select plan(4);

select test.store('sp-a'), test.product('sp-1'), test.product('sp-2'), test.product('sp-3');
insert into inventory.inventory_stock (store_id, product_id, on_hand) values (test.store('sp-a'), test.product('sp-1'), 10);

create role sp_attacker login in role inventory_writer;
create schema sp_trap;
grant all on schema sp_trap to sp_attacker;
-- A schema that a function may not use is left out of its search_path: open the trap to everybody.
grant usage on schema sp_trap to public;
grant temporary on database :DBNAME to sp_attacker;

-- The pgTAP functions stay reachable; everything of PostgreSQL comes after the trap.
set local role sp_attacker;
set local search_path = sp_trap, pg_catalog, public;
create table sp_trap.seen (who text);
grant insert on sp_trap.seen to public;
create function sp_trap.trap(bigint, bigint) returns boolean language plpgsql as
    $$ begin insert into sp_trap.seen values (current_user); return false; end $$;
create function sp_trap.trap_int(bigint, integer) returns boolean language plpgsql as
    $$ begin insert into sp_trap.seen values (current_user); return false; end $$;
create function sp_trap.trap(text, text) returns boolean language plpgsql as
    $$ begin insert into sp_trap.seen values (current_user); return false; end $$;
create function sp_trap.minus(bigint, bigint) returns bigint language plpgsql as
    $$ begin insert into sp_trap.seen values (current_user); return 0; end $$;
create function sp_trap.left(text, integer) returns text language plpgsql as
    $$ begin insert into sp_trap.seen values (current_user); return ''; end $$;
create function sp_trap.current_setting(text, boolean) returns text language plpgsql as
    $$ begin insert into sp_trap.seen values (current_user); return ''; end $$;
create function sp_trap.trap(name, name) returns boolean language plpgsql as
    $$ begin insert into sp_trap.seen values (current_user); return false; end $$;
create operator sp_trap.<> (function = sp_trap.trap, leftarg = name, rightarg = name);
create operator sp_trap.= (function = sp_trap.trap, leftarg = name, rightarg = name);
create operator sp_trap.>= (function = sp_trap.trap, leftarg = bigint, rightarg = bigint);
create operator sp_trap.= (function = sp_trap.trap, leftarg = bigint, rightarg = bigint);
create operator sp_trap.<> (function = sp_trap.trap, leftarg = bigint, rightarg = bigint);
create operator sp_trap.<> (function = sp_trap.trap_int, leftarg = bigint, rightarg = integer);
create operator sp_trap.= (function = sp_trap.trap_int, leftarg = bigint, rightarg = integer);
create operator sp_trap.< (function = sp_trap.trap, leftarg = bigint, rightarg = bigint);
create operator sp_trap.- (function = sp_trap.minus, leftarg = bigint, rightarg = bigint);
create operator sp_trap.+ (function = sp_trap.minus, leftarg = bigint, rightarg = bigint);
create operator sp_trap.<> (function = sp_trap.trap, leftarg = text, rightarg = text);
create operator sp_trap.= (function = sp_trap.trap, leftarg = text, rightarg = text);
create temporary table new_rows (on_hand_delta bigint, reserved_delta bigint);
set local inventory.reason = 'attack';

update inventory.inventory_stock set on_hand = 7;
insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta)
select s.store_id, s.product_id, 'sale', -1 from inventory.inventory_stock as s;
update inventory.inventory_stock set low_stock_threshold = 3;
select inventory.receive_purchase('sp-a', '[{"sku": "sp-1", "quantity": 5}]', idempotency_key => 'k', reference => 'PO');
select inventory.record_sale('sp-a', '[{"sku": "sp-1", "quantity": 1}, {"sku": "sp-1", "quantity": 0.5}]', 'R', transaction_id => 't');
select inventory.return_sale('sp-a', '[{"sku": "sp-1", "quantity": 0.5}]', 'R'), inventory.set_unit('half', 1, 2, 'sp-1');
select inventory.set_stock('sp-a', '[{"sku": "sp-1", "quantity": 3, "expected_version": 7}]'), inventory.adjust_stock('sp-a', '[{"sku": "sp-1", "quantity": -99}]', 'r');
select inventory.reserve_stock('o', 'sp-a', '[{"sku": "sp-1", "quantity": 1}, {"sku": "sp-1", "quantity": 0.5}]', interval '1 hour', idempotency_key => 'k'),
    inventory.reserve_stock('o', 'sp-a', '[{"sku": "sp-1", "quantity": 99}]'), inventory.extend_reservation('o', 'sp-a'),
    inventory.process_order_stock_reduction('o', 'sp-a', '[{"sku": "sp-1", "quantity": 1}]', 'keep'), inventory.unreserve_stock('o', 'sp-a'),
    inventory.unreserve_stock('o', 'sp-a');
-- By recipe, and refused by one.
select inventory.set_recipe('sp-2', '[{"name": "i", "quantity": 0.5, "unit": "u"}]'), inventory.set_conversion_mapping('sp-a', 'i', 'u', 'sp-1', 1);
select inventory.deduct_inventory_atomic('sp-a', '[{"sku": "sp-2", "quantity": 1}, {"sku": "sp-1", "quantity": 1}]', 'd', '{"sp-1": 11}');
select inventory.compensate_deduction('d', '[{"line": 1, "quantity": 0.5}]'), inventory.compensate_deduction('d'), inventory.sellable('sp-2', 'sp-a');
select inventory.deduct_inventory_atomic('sp-a', '[{"sku": "sp-2", "quantity": 99}, {"sku": "sp-3", "quantity": 1}]', 'e', '{"sp-1": 8}'), inventory.validate_deduction('sp-a', '[{"sku": "sp-2", "quantity": 99}]');
select inventory.deduct_inventory_many('[{"store": "sp-a", "transaction_id": "x", "lines": [{"sku": "sp-1", "quantity": 1}]}, {"store": "sp-a", "transaction_id": "x", "lines": [{"sku": "sp-2", "quantity": 99}]}]');
-- Queued, synced, short, approved and rejected.
select inventory.receive_purchase('sp-a', '[{"sku": "sp-3", "quantity": 2}]');
select inventory.queue_transaction('sp-a', '[{"sku": "sp-3", "quantity": 1}]', 'q' || n, 'd', n) from generate_series(1, 3) as n;
select inventory.queue_transaction('sp-a', '[{"sku": "sp-3", "quantity": 1}]', 'q1', 'd', 1), inventory.queue_transaction('sp-a', '[{"sku": "sp-3", "quantity": 2}]', 'q1', 'd', 1);
select inventory.sync_all_pending('sp-a'), inventory.sync_all_pending('sp-a'), inventory.approve_transaction('q3', 'sp-a'), inventory.reject_transaction('q3', 'sp-a'), inventory.approve_transaction('q3', 'sp-a'), inventory.get_queue_metrics('sp-a');
delete from inventory.inventory_stock;
set local inventory.reason = '';
select inventory.set_stock('sp-a', '[{"sku": "sp-1", "quantity": 3}]'), inventory.record_sale('sp-a', '[{"sku": "sp-1", "quantity": 1}]', idempotency_key => 'k');
set local search_path = public, pg_catalog;

select is((select count(*) from sp_trap.seen), 0::bigint, 'no operator or function of the caller was called');
select is(
    test.movements('sp-a', 'sp-1'),
    '1:direct +10>10, 2:direct -3>7, 3:sale -1>6, 4:purchase +5>11, 5:sale -1>10, 6:sale -1>9, 7:return +1>10, 8:count -7>3, 9:reservation +0>3, '
        || '10:sale -1>2, 11:release +0>2, 12:deduction -2>0, 13:compensation +0>0, 14:compensation +2>2, 15:deduction -1>1, 16:direct -1>0, 17:opening +3>3, 18:sale -1>2',
    'and every movement was recorded'
);
select is((select reason from inventory.stock_ledger where on_hand_delta = -3 and version = 2), 'attack', 'with its reason');
reset role;
select is_empty('select test.contradictions()', 'Q1 holds');

select * from finish();
rollback;
