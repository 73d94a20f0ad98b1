-- What each role may do and what it is refused: reader, writer, daemon, admin, and somebody without any.
begin;
-- Isolation is turned on and off at the commit, which does not come here.
set constraints inventory.after_20_isolate immediate;
select no_plan();

select test.store('prv-a') as a, test.product('prv-1') as p \gset
select set_config('test.a', :'a', true), set_config('test.p', :'p', true);
insert into inventory.inventory_stock (store_id, product_id, on_hand) values (:a, :p, 10);
select inventory.reserve_stock('prv-held', 'prv-a', '[{"sku": "prv-1", "quantity": 1}]', interval '1 microsecond'), inventory.expire_reservations();
select inventory.deduct_inventory_atomic('prv-a', '[{"sku": "prv-1", "quantity": 1}]', 't0');
select test.product('prv-lots'), inventory.set_lot_policy('prv-lots', 'fifo'), inventory.receive_purchase('prv-a', '[{"sku": "prv-lots", "quantity": 1}]');

select inventory.queue_transaction('prv-a', '[{"sku": "prv-1", "quantity": 1}]', 'prv-q', 'd');
insert into inventory.vendors (code, name) values ('prv-v', 'V');
insert into inventory.stock_findings (store_id, product_id, kind, version, details) values (:a, :p, 'reserved', 1, '{"reserved": 0, "held": 0}');

-- What became of a statement under a role: done, or the SQLSTATE.
create function pg_temp.try(in_role text, in_sql text) returns text language plpgsql as $$
begin
    execute format('set local role %I', in_role);
    begin
        execute replace(replace(in_sql, '$A', current_setting('test.a')), '$P', current_setting('test.p'));
        raise exception 'undo' using errcode = 'TTTTT';
    exception when others then
        execute 'reset role';
        return case sqlstate when 'TTTTT' then 'done' else sqlstate end;
    end;
end
$$;
create role prv_nobody login;
grant usage on schema inventory to prv_nobody;

-- Each statement with the roles that may; everybody else gets 42501.
create temporary table may (statement text, reader boolean, writer boolean, daemon boolean, admin boolean);
insert into may values
    ('select count(*) from inventory.stores', true, true, true, true),
    ('select count(*) from inventory.vendors', true, true, true, true),
    ('select count(*) from inventory.categories', true, true, true, true),
    ('select count(*) from inventory.products', true, true, true, true),
    ('select count(*) from inventory.inventory_stock', true, true, true, true),
    ('select count(*) from inventory.stock_ledger', true, true, true, true),
    ('select count(*) from inventory.inventory_event', true, true, true, true),
    ('select count(*) from inventory.daemons', true, true, true, true),
    ('select count(*) from inventory.settings', true, true, true, true),
    ('select count(*) from inventory.schema_migration', true, true, true, true),
    ('select count(*) from inventory.epoch', false, false, false, true),
    ('select count(*) from inventory.incarnation_token', false, false, false, false),
    ('select count(*) from inventory.stock_version_kept', false, false, false, false),
    ('select count(*) from inventory.import_staging', false, false, false, false),
    ('select count(*) from inventory.stock_ledger_default', false, false, false, false),
    ('select count(*) from inventory.stock_ledger_months', false, false, false, false),
    ('insert into inventory.stock_ledger_months (store_id, product_id, kind, on_hand_delta) values ($A, $P, ''sale'', -1)', false, false, false, false),
    ('select nextval(''inventory.stock_ledger_movement_id_seq'')', false, false, false, false),

    ('select inventory.position()', true, true, true, true),
    ('select inventory.incarnation()', true, true, true, true),
    ('select inventory.ticket()', true, true, true, true),
    ('select count(*) from inventory.feed_after(inventory.position())', true, true, true, true),
    ('select inventory.covers(inventory.position(), inventory.ticket())', true, true, true, true),
    ('select inventory.doorbell_lock(), inventory.relay_lock(), inventory.movement_kinds()', true, true, true, true),

    ('update inventory.inventory_stock set on_hand = 9 where store_id = $A and product_id = $P', false, true, false, true),
    ('update inventory.inventory_stock set low_stock_threshold = 9, allow_negative = true where store_id = $A', false, true, false, true),
    ('update inventory.inventory_stock set reserved = 1 where store_id = $A', false, false, false, false),
    ('update inventory.inventory_stock set version = 9 where store_id = $A', false, false, false, false),
    ('update inventory.inventory_stock set on_hand_delta = 9 where store_id = $A', false, false, false, false),
    ('update inventory.inventory_stock set updated_at = now() where store_id = $A', false, false, false, false),
    ('update inventory.inventory_stock set product_id = product_id where store_id = $A', false, false, false, true),
    ('insert into inventory.inventory_stock (store_id, product_id, on_hand, low_stock_threshold, allow_negative)
      select $A, $P, 1, 0, false where false', false, true, false, true),
    ('insert into inventory.inventory_stock (store_id, product_id, reserved) select $A, $P, 1 where false', false, false, false, false),
    ('insert into inventory.inventory_stock (store_id, product_id, version) select $A, $P, 1 where false', false, false, false, true),
    ('delete from inventory.inventory_stock where store_id = $A', false, true, false, true),
    ('truncate inventory.inventory_stock', false, false, false, true),

    ('insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta, reason, reference, actor, correlation_id, occurred_at)
      values ($A, $P, ''sale'', -1, ''r'', ''r'', ''a'', ''c'', now())', false, true, false, true),
    ('insert into inventory.stock_ledger (store_id, product_id, kind, reserved_delta) values ($A, $P, ''reservation'', 1)', false, false, false, false),
    ('insert into inventory.stock_ledger (store_id, product_id, kind, version) values ($A, $P, ''sale'', 1)', false, false, false, false),
    ('insert into inventory.stock_ledger (store_id, product_id, kind, recorded_at) values ($A, $P, ''sale'', now())', false, false, false, false),
    ('insert into inventory.stock_ledger (store_id, product_id, kind, xid) values ($A, $P, ''sale'', ''1'')', false, false, false, false),
    ('insert into inventory.stock_ledger (store_id, product_id, kind, rung) values ($A, $P, ''sale'', true)', false, false, false, false),
    ('update inventory.stock_ledger set reason = ''x''', false, false, false, false),
    ('delete from inventory.stock_ledger', false, false, false, false),
    ('truncate inventory.stock_ledger', false, false, false, false),
    ('insert into inventory.inventory_event (type) values (''store_created'')', false, false, false, false),
    ('update inventory.inventory_event set actor = ''x''', false, false, false, false),
    ('delete from inventory.inventory_event', false, false, false, false),
    ('truncate inventory.inventory_event', false, false, false, false),
    ('insert into inventory.stock_version_kept values ($A, $P, 1)', false, false, false, false),
    ('delete from inventory.stock_version_kept', false, false, false, false),

    ('insert into inventory.stores (code, name) values (''prv-x'', ''X'')', false, true, false, true),
    ('insert into inventory.vendors (code, name) values (''prv-x'', ''X'')', false, true, false, true),
    ('insert into inventory.categories (code, name) values (''prv-x'', ''X'')', false, true, false, true),
    ('insert into inventory.products (sku, name) values (''prv-x'', ''X'')', false, true, false, true),
    ('insert into inventory.stores (code, name, currency, time_zone, low_stock_threshold, allow_negative, active)
      select ''prv-x'', ''X'', ''EUR'', ''UTC'', 0, false, true', false, true, false, true),
    ('insert into inventory.products (sku, name, description, vendor_id, category_id, base_price, availability, base_unit, pieces_per_pack,
        packs_per_box, low_stock_threshold, allow_negative, active)
      select ''prv-x'', ''X'', ''d'', null, null, 1, ''available'', ''piece'', 1, 1, 0, false, true', false, true, false, true),
    ('insert into inventory.stores (store_id, code, name) overriding system value values (-7, ''prv-x'', ''X'')', false, false, false, true),
    ('insert into inventory.vendors (vendor_id, code, name) overriding system value values (-7, ''prv-x'', ''X'')', false, false, false, true),
    ('insert into inventory.categories (category_id, code, name) overriding system value values (-7, ''prv-x'', ''X'')', false, false, false, true),
    ('insert into inventory.products (product_id, sku, name) overriding system value values (-7, ''prv-x'', ''X'')', false, false, false, true),
    ('insert into inventory.products (sku, name, created_at) values (''prv-x'', ''X'', now())', false, false, false, true),
    ('update inventory.products set base_price = 1 where product_id = $P', false, true, false, true),
    ('update inventory.stores set name = ''N'' where store_id = $A', false, true, false, true),
    ('delete from inventory.vendors where false', false, true, false, true),
    ('truncate inventory.products cascade', false, false, false, false),

    ('select * from inventory._drain(''3'', ''{}'', now())', false, false, true, true),
    ('select inventory._write_canary(gen_random_uuid(), ''n'', false, ''h'', inventory.incarnation())', false, false, true, true),
    ('select inventory._canary_exists(gen_random_uuid())', false, false, true, true),
    ('insert into inventory.daemons (instance_id, name, is_relay, position_hash) values (gen_random_uuid(), ''n'', false, ''h'')', false, false, false, false),
    ('select inventory.make_ledger_months(0)', false, false, true, true),
    ('select inventory.release_ledger_month(''2000-01-01'')', false, false, false, null),
    ('select inventory.release_events(''2000-01-01'')', false, false, false, true),
    ('select inventory.allow_logical_replication()', false, false, false, true),
    ('select inventory._identify_movements()', false, false, false, false),
    ('select inventory.finish_restore()', false, false, false, true),
    ('update inventory.settings set value = ''4'' where name = ''ledger_months_ahead''', false, false, false, true),
    ('update inventory.epoch set epoch = gen_random_uuid()', false, false, false, true),
    ('update inventory.epoch set movement_id_floor = 1', false, false, false, false),
    ('delete from inventory.epoch', false, false, false, false),
    ('insert into inventory.schema_migration select * from inventory.schema_migration', false, false, false, false),

    ('select count(*) from inventory.store_access', false, false, false, true),
    ('insert into inventory.store_access (login, store_id) values (''prv_nobody'', $A)', false, false, false, true),
    ('update inventory.store_access set store_id = $A', false, false, false, false),
    ('delete from inventory.store_access', false, false, false, true),
    ('truncate inventory.store_access', false, false, false, false),
    ('select inventory._isolate_stores()', false, false, false, false),
    ('select count(*) from inventory.inventory_summary_mv', true, true, true, true),
    ('select count(*) from inventory.inventory_summary_now', true, true, true, true),
    ('select count(*) from inventory.inventory_by_shop_mv, inventory.inventory_by_shop_now', true, true, true, true),
    ('select count(*) from inventory.inventory_by_shop_category_mv, inventory.inventory_by_shop_category_now', true, true, true, true),
    ('select count(*) from inventory.low_stock_alerts_mv, inventory.low_stock_alerts_now', true, true, true, true),
    ('select count(*) from inventory.inventory_positions, inventory.inventory_analytics_mv, inventory.view_freshness', true, true, true, true),
    ('select count(*) from inventory.search_products(''x'')', true, true, true, true),
    ('select inventory.fold_analytics()', false, false, true, true),
    ('update inventory.folded_products set on_hand = 0', false, false, false, false),
    ('delete from inventory.folded_stock', false, false, false, false),
    ('update inventory.fold_state set snapshot = null', false, false, false, false),
    ('select inventory._ask_for_rebuild()', false, false, true, true),
    ('select inventory._is_rebuild_asked_for()', false, false, true, true),
    ('delete from inventory.rebuild_requests', false, false, false, false),
    ('select inventory._rebuild_sums(pg_current_snapshot(), 0)', false, false, false, false),
    ('select count(*) from inventory.lot_policies', true, true, true, true),
    ('select count(*) from inventory.stock_lots', true, true, true, true),
    ('select count(*) from inventory.stock_lot_entries', true, true, true, true),
    ('insert into inventory.lot_policies (product_id, policy, actor) values ($P, ''fifo'', ''x'')', false, false, false, false),
    ('update inventory.stock_lots set value = 0', false, false, false, false),
    ('delete from inventory.stock_lots', false, false, false, false),
    ('insert into inventory.stock_lot_entries (kind) values (''received'')', false, false, false, false),
    ('update inventory.stock_lot_entries set value = 0', false, false, false, false),
    ('update inventory.inventory_stock set keeps_lots = true', false, false, false, false),
    ('select * from inventory.list_lots(''prv-a'')', true, true, true, true),
    ('select inventory.set_lot_policy(''prv-1'', ''fifo'')', false, true, false, true),
    ('select inventory.add_lot_cost(''prv-a'', (select lot_id from inventory.stock_lots limit 1), 1)', false, true, false, true),

    ('select count(*) from inventory.units', true, true, true, true),
    ('select count(*) from inventory.stock_documents', true, true, true, true),
    ('select count(*) from inventory.stock_document_lines', true, true, true, true),
    ('select count(*) from inventory.stock_remainders', true, true, true, true),
    ('select count(*) from inventory.operation_refusals', true, true, true, true),
    ('select count(*) from inventory.stock_remainder_steps', true, true, true, true),
    ('update inventory.stock_remainder_steps set numerator = 0', false, false, false, false),
    ('select count(*) from inventory.inventory_deduction_idempotency', false, false, false, false),
    ('insert into inventory.units (product_id, name, version, numerator, denominator, actor) values ($P, ''x'', 1, 1, 1, ''x'')', false, false, false, false),
    ('update inventory.stock_documents set party = ''x''', false, false, false, false),
    ('update inventory.stock_remainders set numerator = 0', false, false, false, false),
    ('delete from inventory.operation_refusals', false, false, false, false),
    ('delete from inventory.inventory_deduction_idempotency', false, false, false, false),
    ('insert into inventory.stock_ledger (store_id, product_id, kind, document_id) values ($A, $P, ''sale'', 1)', false, false, false, false),
    ('select inventory.must(''{"success": true}'')', true, true, true, true),
    ('select count(*) from inventory.stock_history(''prv-1'', ''prv-a'')', true, true, true, true),
    ('select count(*) from inventory.stock_at(now(), ''prv-a'')', true, true, true, true),
    ('select count(*) from inventory.stock_at_version(''prv-1'', ''prv-a'', 1)', true, true, true, true),
    ('select count(*) from inventory.stock_valuation(now(), ''prv-a'')', true, true, true, true),
    ('select count(*) from inventory.list_documents(''prv-a'')', true, true, true, true),
    ('select inventory.set_unit(''x'', 1, 2, ''prv-1'')', false, true, false, true),
    ('select inventory.receive_purchase(''prv-a'', ''[{"sku": "prv-1", "quantity": 1}]'', idempotency_key => ''k'')', false, true, false, true),
    ('select inventory.record_sale(''prv-a'', ''[{"sku": "prv-1", "quantity": 1}]'', idempotency_key => ''k'')', false, true, false, true),
    ('select inventory.record_sale(''prv-a'', ''[{"sku": "prv-1", "quantity": 99}]'')', false, true, false, true),
    ('select inventory.return_sale(''prv-a'', ''[{"sku": "prv-1", "quantity": 1}]'')', false, true, false, true),
    ('select inventory.adjust_stock(''prv-a'', ''[{"sku": "prv-1", "quantity": 1}]'', ''r'')', false, true, false, true),
    ('select inventory.set_stock(''prv-a'', ''[{"sku": "prv-1", "quantity": 1}]'')', false, true, false, true),
    ('select inventory.prune_idempotency_keys()', false, false, true, true),
    ('select count(*) from inventory.stock_reservations', true, true, true, true),
    ('select count(*) from inventory.stock_holds', true, true, true, true),
    ('insert into inventory.stock_reservations (store_id, order_code) values ($A, ''x'')', false, false, false, false),
    ('update inventory.stock_holds set state = ''released''', false, false, false, false),
    ('delete from inventory.stock_holds', false, false, false, false),
    ('delete from inventory.stock_reservations', false, false, false, false),
    ('select inventory.reserve_stock(''prv-o'', ''prv-a'', ''[{"sku": "prv-1", "quantity": 1}]'', idempotency_key => ''k'')', false, true, false, true),
    ('select inventory.extend_reservation(''prv-o'', ''prv-a'')', false, true, false, true),
    ('select inventory.unreserve_stock(''prv-held'', ''prv-a'')', false, true, false, true),
    ('select inventory.process_order_stock_reduction(''prv-held'', ''prv-a'', ''[{"sku": "prv-1", "quantity": 99}]'')', false, true, false, true),
    ('select inventory.expire_reservations()', false, false, true, true),
    ('select count(*) from inventory.recipes', true, true, true, true),
    ('select count(*) from inventory.recipe_ingredients', true, true, true, true),
    ('select count(*) from inventory.conversion_mappings', true, true, true, true),
    ('select count(*) from inventory.inventory_deductions', true, true, true, true),
    ('select count(*) from inventory.inventory_deduction_parts', true, true, true, true),
    ('select count(*) from inventory.inventory_compensation_log', true, true, true, true),
    ('insert into inventory.recipes (product_id, actor) values ($P, ''x'')', false, false, false, false),
    ('update inventory.conversion_mappings set numerator = 2', false, false, false, false),
    ('delete from inventory.recipe_ingredients', false, false, false, false),
    ('delete from inventory.inventory_deductions', false, false, false, false),
    ('update inventory.inventory_deduction_parts set numerator = 2', false, false, false, false),
    ('delete from inventory.inventory_compensation_log', false, false, false, false),
    ('select inventory.set_recipe(''prv-1'', ''[{"name": "x", "quantity": 1, "unit": "g"}]'')', false, true, false, true),
    ('select inventory.remove_recipe(''prv-1'')', false, true, false, true),
    ('select inventory.set_conversion_mapping(''prv-a'', ''x'', ''g'', ''prv-1'', 1)', false, true, false, true),
    ('select inventory.remove_conversion_mapping(''prv-a'', ''x'', ''g'')', false, true, false, true),
    ('select inventory.validate_deduction(''prv-a'', ''[{"sku": "prv-1", "quantity": 1}]'')', true, true, true, true),
    ('select inventory.sellable(''prv-1'', ''prv-a'')', true, true, true, true),
    ('select inventory.deduct_inventory_atomic(''prv-a'', ''[{"sku": "prv-1", "quantity": 1}]'', ''t'')', false, true, false, true),
    ('select inventory.deduct_inventory_many(''[{"store": "prv-a", "transaction_id": "t", "lines": [{"sku": "prv-1", "quantity": 1}]}]'')', false, true, false, true),
    ('select inventory.deduct_inventory_many(''prv-a'', ''{t2}'', ''{prv-1}'', ''{1}'')', false, true, false, true),
    ('select inventory.compensate_deduction(''t0'')', false, true, false, true),
    ('select count(*) from inventory.offline_transaction_queue', true, true, true, true),
    ('select count(*) from inventory.offline_queue_decisions', true, true, true, true),
    ('insert into inventory.offline_queue_decisions (queue_id, store_id, decision, actor) values (1, 1, ''approved'', ''x'')', false, false, false, false),
    ('update inventory.offline_transaction_queue set status = ''pending''', false, false, false, false),
    ('delete from inventory.offline_transaction_queue', false, false, false, false),
    ('update inventory.offline_queue_decisions set actor = ''x''', false, false, false, false),
    ('delete from inventory.offline_queue_decisions', false, false, false, false),
    ('select inventory.queue_transaction(''prv-a'', ''[{"sku": "prv-1", "quantity": 1}]'', ''t'', ''d'')', false, true, false, true),
    ('select inventory.sync_all_pending(''prv-a'')', false, true, true, true),
    ('select inventory.approve_transaction(''prv-q'', ''prv-a'')', false, true, false, true),
    ('select inventory.reject_transaction(''prv-q'', ''prv-a'')', false, true, false, true),
    ('select inventory.get_queue_metrics(''prv-a'')', true, true, true, true),
    ('select inventory._decide_queued(null, 1, ''approved'', ''approved'', null, null, null)', false, false, false, false),
    ('select count(*) from inventory.stock_findings', true, true, true, true),
    ('select count(*) from inventory.stock_verifications', true, true, true, true),
    ('select count(*) from inventory.stock_verified', false, false, false, false),
    ('select count(*) from inventory.stock_lots_verified', false, false, false, false),
    ('delete from inventory.stock_findings', false, false, false, false),
    ('update inventory.stock_verified set version = 0', false, false, false, false),
    ('update inventory.stock_verifications set completed_at = now()', false, false, false, false),
    ('select inventory.create_product(''{"sku": "prv-new"}'', idempotency_key => ''k'')', false, true, false, true),
    ('select inventory.update_product(''prv-1'', ''{"name": "x"}'')', false, true, false, true),
    ('select inventory.update_availability(''prv-1'', ''preorder'')', false, true, false, true),
    ('select inventory.bulk_update_availability(''[{"sku": "prv-1", "availability": "preorder"}]'')', false, true, false, true),
    ('select inventory.delete_product(''prv-1'', ''release'')', false, true, false, true),
    ('select inventory.get_vendor_inventory_stats(''prv-v'')', true, true, true, true),
    ('select inventory.get_deduction_metrics(''prv-a'')', true, true, true, true),
    ('select inventory.run_health_check(''prv-a'')', true, true, true, true),
    ('select inventory.verify(''prv-a'')', false, false, true, true),
    ('select inventory.repair((select max(finding_id) from inventory.stock_findings))', false, false, false, true),
    ('select inventory._set_version($A, $P, 9)', false, false, false, false),
    ('select inventory._verify_batch($A, array[$P], now(), 1000)', false, false, false, false),

    ('select inventory._lock_stock_rows(array[]::inventory.stock_key[])', false, false, false, false),
    ('select inventory._drop_unmoved_stock_rows(array[]::inventory.stock_key[])', false, false, false, false),
    ('select inventory._exact_shortages(''{}'', ''[]'')', false, false, false, false),
    ('select inventory._is_long_tail(''3'', ''{}'', null)', false, false, false, false),
    ('select inventory._cursor(''x'', ''[]'')', false, false, true, true),
    ('select inventory._read_cursor(inventory._cursor(''x'', ''[1]''), ''x'', 1)', false, false, true, true),
    ('select count(*) from inventory._search(''x'', 1, null, null)', true, true, true, true),
    ('select inventory._sales_days_kept()', false, false, false, false),
    ('select inventory._is_deducted(1, ''x'')', false, false, false, false),
    ('select inventory._parse_position(inventory.position())', false, false, false, false),
    ('select inventory._set_caught_movements_aside(''inventory.stores''::regclass, now(), now())', false, false, false, false),
    ('select inventory._put_caught_movements_back(''inventory.stores''::regclass)', false, false, false, false),
    ('select inventory._write_openings(now(), now())', false, false, false, false),
    ('select inventory._check_not_released(''3'', ''{}'')', false, false, false, false),
    ('select inventory._check_not_truncated()', false, false, false, false),
    ('alter table inventory.stores add column x integer', false, false, false, false),
    ('alter table inventory.inventory_stock disable trigger all', false, false, false, false),
    ('drop table inventory.stores', false, false, false, false),
    ('create table inventory.x ()', false, false, false, false),
    ('create function inventory.x() returns integer language sql as ''select 1''', false, false, false, false);

select is(pg_temp.try('prv_nobody', m.statement), '42501', 'nobody: ' || regexp_replace(m.statement, '\s+', ' ', 'g'))
from may as m;
select is(
    pg_temp.try(r.name, m.statement),
    case r.may when true then 'done' when false then '42501' else '22023' end,
    format('%s %s: %s', r.name, case when coalesce(r.may, true) then 'may' else 'may not' end, regexp_replace(m.statement, '\s+', ' ', 'g'))
)
from may as m
cross join lateral (values
    ('inventory_reader', m.reader), ('inventory_writer', m.writer), ('inventory_daemon', m.daemon), ('inventory_admin', m.admin)
) as r (name, may);

select is_empty(
    $$
        select r.rolname, o.rolname
        from (values ('inventory_reader'), ('inventory_writer'), ('inventory_daemon'), ('inventory_admin')) as r (rolname)
        cross join (values ('inventory_engine'), ('inventory_owner')) as o (rolname)
        where pg_has_role(r.rolname, o.rolname, 'member')
    $$,
    'no client may become the engine or the owner'
);

-- Nothing on partitions, for anybody but the owner: what goes there goes through the ledger.
select is_empty(
    $$
        select i.relid, r.rolname, p.privilege
        from pg_partition_tree('inventory.stock_ledger') as i
        cross join (values ('inventory_reader'), ('inventory_writer'), ('inventory_daemon'), ('inventory_admin'), ('prv_nobody')) as r (rolname)
        cross join (values ('select'), ('insert'), ('update'), ('delete'), ('truncate'), ('references'), ('trigger')) as p (privilege)
        where i.level > 0 and (
            has_table_privilege(r.rolname, i.relid, p.privilege)
            or (p.privilege in ('select', 'insert', 'update') and has_any_column_privilege(r.rolname, i.relid, p.privilege))
        )
    $$,
    'nobody has privileges on partitions'
);
-- PUBLIC has nothing.
select is_empty(
    $$ select c.relname, a.privilege_type from pg_class as c cross join lateral aclexplode(c.relacl) as a
       where c.relnamespace = 'inventory'::regnamespace and a.grantee = 0 $$,
    'PUBLIC has no privilege on any table'
);
-- What a migration makes is nobody's until it is granted, however the migration ends.
savepoint new_function;
grant create on schema inventory to inventory_engine;
set local role inventory_engine;
create function inventory.prv_engine() returns integer language sql as 'select 1';
set local role inventory_owner;
create function inventory.prv_owner() returns integer language sql as 'select 1';
reset role;
select is_empty(
    $$
        select p.proname, r.rolname
        from pg_proc as p
        cross join (values ('inventory_reader'), ('inventory_writer'), ('inventory_daemon'), ('inventory_admin'), ('prv_nobody')) as r (rolname)
        where p.proname in ('prv_engine', 'prv_owner') and has_function_privilege(r.rolname, p.oid, 'execute')
    $$,
    'nobody may call a new function'
);
rollback to new_function;
-- The engine's parts are nobody's but its own: they trust what they are given.
select is_empty(
    $$
        select p.oid::regprocedure, r.rolname
        from pg_proc as p
        cross join (values ('inventory_reader'), ('inventory_writer'), ('inventory_daemon'), ('inventory_admin')) as r (rolname)
        where p.pronamespace = 'inventory'::regnamespace and p.proname like '\_%' and has_function_privilege(r.rolname, p.oid, 'execute')
            and p.proname not in (
                '_raise_insufficient', '_is_replicating', '_applied_lines', '_begin_import', '_record_import', '_import_movements',
                '_import_stock', '_import_lots', '_drain', '_write_canary', '_canary_exists', '_own_stores', '_may_use',
                -- What views are made of: they tell a caller of its own stores only.
                '_unfolded', '_stock_status', '_alert_rank', '_is_sale', '_sold_30', '_sold_30_now', '_fold_freshness', '_view_page', '_cursor', '_read_cursor', '_search', '_ask_for_rebuild', '_is_rebuild_asked_for'
            )
    $$,
    'clients may not call the parts of operations'
);
-- Only the triggers may call trigger functions and ours without a name for others.
select is_empty(
    $$
        select p.oid::regprocedure, r.rolname
        from pg_proc as p
        cross join (values ('inventory_reader'), ('inventory_writer'), ('inventory_daemon'), ('inventory_admin')) as r (rolname)
        where p.pronamespace = 'inventory'::regnamespace and p.prorettype = 'trigger'::regtype
            and has_function_privilege(r.rolname, p.oid, 'execute')
    $$,
    'clients may not call trigger functions'
);

-- The feed's own doorbell: a writer rings through it, whatever happens.
set local role inventory_writer;
update inventory.inventory_stock set on_hand = on_hand - 1 where store_id = current_setting('test.a')::bigint;
reset role;
select is((select rung from inventory.stock_ledger where store_id = :a order by version desc limit 1), true, 'a writer''s change rings');

select * from finish();
rollback;
