-- Every privilege, by role. Applied whole whenever it or the schema changes.
-- The roles and their memberships (a writer is a reader, an admin is both a writer and a daemon) are made before everything else, by
-- src/migrate/bookkeeping.cpp.
--   inventory_reader  reads tables, the feed and its position
--   inventory_writer  reader, and changes stock, inserts movements, edits the catalog; not reserved, version or history
--   inventory_daemon  reader, and what stockd needs to follow
--   inventory_admin   writer and daemon, and moves keys, truncates, keeps partitions and settings
-- as: inventory_owner
revoke all on all tables in schema inventory from
    public, inventory_reader, inventory_writer, inventory_daemon, inventory_admin, inventory_engine;
revoke all on all sequences in schema inventory from
    public, inventory_reader, inventory_writer, inventory_daemon, inventory_admin, inventory_engine;

-- The engine does in functions what clients may not.
grant usage on schema inventory to inventory_engine;
grant select, insert, update, delete on all tables in schema inventory to inventory_engine;
grant usage on all sequences in schema inventory to inventory_engine;

-- reader
grant usage on schema inventory to inventory_reader;
grant select on
    inventory.stores, inventory.vendors, inventory.categories, inventory.products, inventory.inventory_stock,
    inventory.stock_ledger, inventory.inventory_event, inventory.daemons, inventory.settings, inventory.schema_migration,
    inventory.schema_repeatable, inventory.imports, inventory.import_batches, inventory.units, inventory.stock_documents,
    inventory.stock_document_lines, inventory.stock_remainders, inventory.stock_remainder_steps, inventory.operation_refusals, inventory.stock_reservations,
    inventory.stock_holds, inventory.recipes, inventory.recipe_ingredients, inventory.conversion_mappings,
    inventory.inventory_deductions, inventory.inventory_deduction_parts, inventory.inventory_compensation_log,
    inventory.lot_policies, inventory.stock_lots, inventory.stock_lot_entries
    to inventory_reader;
grant select on inventory.offline_transaction_queue, inventory.offline_queue_decisions to inventory_reader;
grant select on inventory.stock_findings, inventory.stock_verifications to inventory_reader;
-- The views read as whoever asks, so that rows of other stores are hidden from who may not see them.
grant select on
    inventory.folded_stock, inventory.folded_products, inventory.folded_store_categories, inventory.folded_alerts,
    inventory.folded_analytics, inventory.folded_stores, inventory.sales_by_day,
    inventory.inventory_summary_mv, inventory.inventory_summary_now, inventory.inventory_by_shop_mv, inventory.inventory_by_shop_now,
    inventory.inventory_by_shop_category_mv, inventory.inventory_by_shop_category_now, inventory.inventory_positions,
    inventory.low_stock_alerts_mv, inventory.low_stock_alerts_now, inventory.inventory_analytics_mv, inventory.view_freshness
    to inventory_reader;

-- writer
grant insert (store_id, product_id, on_hand, low_stock_threshold, allow_negative) on inventory.inventory_stock to inventory_writer;
grant update (on_hand, low_stock_threshold, allow_negative) on inventory.inventory_stock to inventory_writer;
grant delete on inventory.inventory_stock to inventory_writer;
grant insert (store_id, product_id, kind, on_hand_delta, reason, reference, actor, correlation_id, occurred_at)
    on inventory.stock_ledger to inventory_writer;
-- Without ids and times: an id of one's own could be another row's, of the past or to come.
grant insert (code, name, currency, time_zone, low_stock_threshold, allow_negative, active) on inventory.stores to inventory_writer;
grant insert (code, name, active) on inventory.vendors to inventory_writer;
grant insert (code, name, parent_id, active) on inventory.categories to inventory_writer;
grant insert (
    sku, name, description, vendor_id, category_id, base_price, availability, base_unit, pieces_per_pack, packs_per_box,
    low_stock_threshold, allow_negative, active
) on inventory.products to inventory_writer;
grant update, delete on inventory.stores, inventory.vendors, inventory.categories, inventory.products to inventory_writer;
-- Lines to be imported: the function that applies them looks at those of its own transaction only.
grant insert (
    line, store_id, product_id, kind, quantity, reason, reference, actor, correlation_id, occurred_at, line_id, content,
    low_stock_threshold, allow_negative, amount, unit, unit_cost, lot, expires_on
) on inventory.import_staging to inventory_writer;

-- admin
grant insert on inventory.stores, inventory.vendors, inventory.categories, inventory.products to inventory_admin;
grant insert (version), update (store_id, product_id), truncate on inventory.inventory_stock to inventory_admin;
grant update (value) on inventory.settings to inventory_admin;
grant update (epoch) on inventory.epoch to inventory_admin;
grant select on inventory.epoch to inventory_admin;
-- Not to readers: who may SELECT from it is listed, or is asked about as if he were.
grant select, insert (login, store_id), delete on inventory.store_access to inventory_admin;

-- Functions: nothing for everybody; each belongs to its owner's part of the file.
-- as: inventory_owner
revoke all on function inventory.make_ledger_months(integer) from public;
grant execute on function inventory.make_ledger_months(integer) to inventory_daemon, inventory_admin;
revoke all on function
    inventory._identify_movements(), inventory.release_ledger_month(date), inventory.allow_logical_replication(),
    inventory.finish_restore(), inventory._isolate_stores(), inventory.store_access_after_write(), inventory.store_access_isolate(),
    inventory.store_access_before_write()
    from public;
select inventory._isolate_stores();
grant execute on function
    inventory.release_ledger_month(date), inventory.allow_logical_replication(), inventory.finish_restore()
    to inventory_admin;
-- An index calls them for whoever writes products.
revoke all on function inventory.search_text(text), inventory.search_document(text, text, text) from public;
grant execute on function inventory.search_text(text), inventory.search_document(text, text, text)
    to inventory_engine, inventory_reader, inventory_daemon;
revoke all on function inventory.ring_doorbell() from public;
grant execute on function inventory.ring_doorbell() to inventory_engine, inventory_writer;

-- as: inventory_engine
do $$
declare
    v_function regprocedure;
begin
    for v_function in
        select p.oid::regprocedure from pg_catalog.pg_proc as p
        where p.pronamespace = 'inventory'::regnamespace and p.proowner = 'inventory_engine'::regrole
    loop
        execute pg_catalog.format(
            'revoke all on function %s from public, inventory_reader, inventory_writer, inventory_daemon, inventory_admin',
            v_function
        );
        -- The owner of the tables makes their triggers, for which it must be allowed to call them.
        execute pg_catalog.format('grant execute on function %s to inventory_owner', v_function);
    end loop;
end
$$;
grant execute on function
    inventory.doorbell_lock(), inventory.relay_lock(), inventory.ticket(), inventory.incarnation(), inventory.position(),
    inventory.feed_after(text, integer), inventory.covers(text, text), inventory.movement_kinds(), inventory.must(jsonb),
    inventory.stock_history(text, text, timestamptz, timestamptz, bigint), inventory.stock_at(timestamptz, text),
    inventory.stock_at_version(text, text, bigint), inventory.stock_valuation(timestamptz, text),
    inventory.list_documents(text, text, text, timestamptz, timestamptz, bigint),
    inventory.validate_deduction(text, jsonb), inventory.sellable(text, text),
    inventory._applied_lines(bigint), inventory.list_lots(text, text, boolean),
    inventory._own_stores(), inventory._may_use(bigint)
    to inventory_reader;
-- Operations: what they do beyond a writer's own rights, they do as the engine.
grant execute on function
    inventory.set_unit(text, bigint, bigint, text, text, text),
    inventory.receive_purchase(text, jsonb, text, text, timestamptz, text, text, text, text),
    inventory.record_sale(text, jsonb, text, text, timestamptz, text, text, text, text, text),
    inventory.return_sale(text, jsonb, text, text, text, timestamptz, text, text, text, text),
    inventory.adjust_stock(text, jsonb, text, text, text, timestamptz, text, text),
    inventory.set_stock(text, jsonb, text, text, timestamptz, text, text, text),
    inventory.reserve_stock(text, text, jsonb, interval, text, text, timestamptz, text, text, text, text),
    inventory.extend_reservation(text, text, interval, text, text, text),
    inventory.unreserve_stock(text, text, jsonb, text, text, timestamptz, text, text, text),
    inventory.process_order_stock_reduction(text, text, jsonb, text, text, text, timestamptz, text, text, text, text, text),
    inventory.set_recipe(text, jsonb, bigint, text), inventory.remove_recipe(text),
    inventory.set_conversion_mapping(text, text, text, text, bigint, bigint, text, text),
    inventory.remove_conversion_mapping(text, text, text),
    inventory.deduct_inventory_atomic(text, jsonb, text, jsonb, text, text, timestamptz, text, text, text, text),
    inventory.deduct_inventory_many(jsonb),
    inventory.deduct_inventory_many(text, text[], text[], numeric[], text, text, timestamptz, text, text),
    inventory.compensate_deduction(text, jsonb, text, text, text, text, timestamptz, text, text),
    inventory.set_lot_policy(text, text, numeric, text),
    inventory.add_lot_cost(text, bigint, numeric, text, text, timestamptz, text, text, text)
    to inventory_writer;
-- The offline queue; stockd syncs it.
grant execute on function inventory.get_queue_metrics(text) to inventory_reader;
grant execute on function
    inventory.queue_transaction(text, jsonb, text, text, bigint, text, text, text, timestamptz, text, text, text, text),
    inventory.sync_all_pending(text, text, integer, text),
    inventory.approve_transaction(text, text, text, jsonb, text, text, text),
    inventory.reject_transaction(text, text, text, text, text, text)
    to inventory_writer;
grant execute on function inventory.sync_all_pending(text, text, integer, text) to inventory_daemon;
-- Products, proof and watch. What repairs, and so writes the ledger, is the admin's.
grant execute on function
    inventory.create_product(jsonb, text, text, text), inventory.update_product(text, jsonb, text, text, text),
    inventory.update_availability(text, text, text, text, text), inventory.bulk_update_availability(jsonb, text, text, text),
    inventory.delete_product(text, text, text, text, timestamptz, text, text, text)
    to inventory_writer;
grant execute on function
    inventory.get_vendor_inventory_stats(text), inventory.get_deduction_metrics(text), inventory.run_health_check(text)
    to inventory_reader;
grant execute on function inventory.verify(text, integer, boolean) to inventory_daemon, inventory_admin;
grant execute on function inventory.repair(bigint, text, text, text, text) to inventory_admin;
grant execute on function inventory.prune_idempotency_keys(integer), inventory.expire_reservations(integer) to inventory_daemon, inventory_admin;
grant execute on function
    inventory._raise_insufficient(bigint, bigint, numeric, bigint), inventory._is_replicating(),
    inventory._begin_import(text, text, text, text, text),
    inventory._record_import(bigint, bigint[]), inventory._import_movements(bigint, bigint, bigint),
    inventory._import_stock(bigint, bigint, bigint), inventory._import_lots(bigint, bigint, bigint)
    to inventory_writer;
grant execute on function
    inventory._drain(xid8, xid8[], timestamptz), inventory._write_canary(uuid, text, boolean, text, text), inventory._canary_exists(uuid)
    to inventory_daemon;
grant execute on function inventory.release_events(timestamptz) to inventory_admin;
grant execute on function
    inventory.search_products(text, integer, text, text), inventory._search(text, integer, text, text, integer, text), inventory._unfolded(boolean), inventory._stock_status(numeric, numeric),
    inventory._alert_rank(bigint, numeric), inventory._is_sale(text), inventory._sold_30(bigint, bigint, date),
    inventory._sold_30_now(inventory.unfolded_stock), inventory._fold_freshness()
    to inventory_reader;
grant execute on function inventory._view_page(text, jsonb), inventory._cursor(text, jsonb), inventory._read_cursor(text, text, integer), inventory._ask_for_rebuild(), inventory._is_rebuild_asked_for(),
    inventory.fold_views(boolean), inventory.fold_analytics() to inventory_daemon, inventory_admin;
