-- Settles a finding of verify() by compensating movements. Nothing that is recorded is changed or taken away, and no stock is made up: what
-- is on the shelf stays what the stock row says, and the ledger gets what it lacks to explain it. If the stock row is what is wrong, repair
-- first and then set_stock() to what was counted.
--   stock_row, missing_stock_row  movements for the versions that the ledger lacks, or one more; the last has the whole difference
--   missing_movements             movements for the versions that are missing; the last has the whole difference
--   repeated_version, wrong_balance  one movement with what the others left unexplained, after which the balance is as before it
--   reserved                      reserved becomes what orders hold, by a reservation or a release
--   remainder                     one movement of no whole units, and the step that leads to the remainder that is there
--   lots                          one movement of no units; entries that say what lots have left where theirs do not; and what the lots
--                                 have too much is taken out of them, or what they lack put in
-- Whatever becomes of a stock row becomes of its lots, too.
--   finding          its number, as in verify()'s answer and stock_findings
--   reason           why, in words, 1900 characters
--   actor            who, 200 characters; left out: set local inventory.actor, else the login
--   idempotency_key  names this request; the same again is answered and not done again
--   correlation_id   ties together what one request did; not compared between requests with the same key
-- Returns the answer: success, errors, replayed, repaired (false when it was settled before, or is not there any more), finding, movements,
-- ticket.
-- A refusal changes nothing: finding_changed (verify again), repair_not_possible, or insufficient_stock when orders hold more than there is.
-- Raises 22... for wrong arguments, SD006 for an unknown finding, 40001 when another transaction was first.
-- Reads: stores, products, stock_ledger, stock_holds, lot_policies. Writes: inventory_deduction_idempotency, inventory_stock,
-- stock_version_kept, stock_ledger, stock_remainder_steps, stock_lots, stock_lot_entries, stock_findings, operation_refusals.
-- Locks: the idempotency key, the stock row FOR NO KEY UPDATE (or its kept version, where there is none), the finding.
create or replace function inventory.repair(
    finding bigint, reason text default null, actor text default null, idempotency_key text default null, correlation_id text default null
) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
    v_operation inventory.operation;
    v_finding inventory.stock_findings;
    v_store text;
    v_sku text;
    v_has_row boolean;
    v_now jsonb;
    v_lots jsonb;
    v_ledger record;
    v_movements inventory.stock_movement[];
    v_errors jsonb;
    v_version bigint;
begin
    select f.* into v_finding from inventory.stock_findings as f where f.finding_id = repair.finding;
    if not found then
        raise exception 'there is no finding %', coalesce(repair.finding::text, 'null')
            using errcode = 'SD006', hint = 'verify() names them.';
    end if;
    select t.code into v_store from inventory.stores as t where t.store_id = v_finding.store_id;
    select p.sku into v_sku from inventory.products as p where p.product_id = v_finding.product_id;
    v_operation := inventory._begin_operation(
        'repair', v_store, jsonb_build_object('finding', repair.finding), null, repair.actor, null, repair.idempotency_key,
        repair.correlation_id, repair.reason, null
    );
    if v_operation.replay is not null then
        return v_operation.replay;
    end if;
    v_operation.reason := left(concat_ws(': ', format('repair of finding %s', repair.finding), v_operation.reason), 2000);
    begin
        perform from inventory.inventory_stock as s
        where s.store_id = v_finding.store_id and s.product_id = v_finding.product_id
        for no key update;
        v_has_row := found;
        if not v_has_row then
            perform from inventory.stock_version_kept as k
            where k.store_id = v_finding.store_id and k.product_id = v_finding.product_id
            for update;
        end if;
        select f.* into v_finding from inventory.stock_findings as f where f.finding_id = repair.finding for update;
        if v_finding.repaired_at is not null or v_finding.gone_at is not null then
            return inventory._finish_operation(
                v_operation, null, null, jsonb_build_object('repaired', false, 'finding', inventory._finding_json(v_finding))
            );
        end if;
        if v_finding.kind in ('missing_movements', 'repeated_version', 'wrong_balance') then
            select l.* into v_ledger
            from inventory._ledger_difference(v_finding.store_id, v_finding.product_id, v_finding.kind, v_finding.version) as l;
            if v_ledger.details is null then
                update inventory.stock_findings as f set gone_at = clock_timestamp() where f.finding_id = repair.finding;
                return inventory._finish_operation(
                    v_operation, null, null, jsonb_build_object('repaired', false, 'finding', inventory._finding_json(v_finding))
                );
            end if;
            if v_ledger.details <> v_finding.details then
                v_errors := inventory._finding_changed(v_finding.finding_id);
            elsif v_finding.kind = 'missing_movements' then
                v_errors := inventory._too_many_lost(v_finding.finding_id, v_ledger.until_version - v_finding.version + 1);
                if v_errors is null then
                    v_version := v_ledger.until_version;
                    v_movements := inventory._write_repair(
                        v_operation, v_finding.product_id, v_sku, v_finding.version, v_version, v_ledger.on_hand_difference,
                        v_ledger.reserved_difference, v_ledger.on_hand, v_ledger.reserved, v_ledger.recorded_at
                    );
                end if;
            else
                v_now := inventory._finding_now(
                    v_finding.store_id, v_finding.product_id, case when v_has_row then 'stock_row' else 'missing_stock_row' end
                );
                -- What is booked here comes after the last movement, so stock row and ledger must agree on that one.
                if v_now -> 'version' <> v_now -> 'ledger_version' or v_now -> 'on_hand' <> v_now -> 'ledger_on_hand'
                    or v_now -> 'reserved' <> v_now -> 'ledger_reserved'
                then
                    v_errors := inventory._stock_row_first(v_finding.finding_id);
                else
                    v_version := (v_now ->> 'version')::bigint + 1;
                    v_movements := array[(
                        null, v_finding.store_id, v_store, v_finding.product_id, v_sku, 'adjustment', v_ledger.on_hand_difference,
                        v_ledger.reserved_difference, (v_now ->> 'on_hand')::bigint, (v_now ->> 'reserved')::bigint, v_version
                    )::inventory.stock_movement];
                    perform inventory._write_movements(v_operation, v_movements);
                    perform inventory._set_version(v_finding.store_id, v_finding.product_id, v_version);
                end if;
            end if;
        elsif v_finding.kind = 'lots' then
            v_lots := inventory._finding_now(v_finding.store_id, v_finding.product_id, 'lots');
            v_now := inventory._finding_now(
                v_finding.store_id, v_finding.product_id, case when v_has_row then 'stock_row' else 'missing_stock_row' end
            );
            if inventory._lots_lack(v_lots) = 0 and v_lots -> 'wrong_lots' is null and (not v_has_row or v_lots -> 'keeps_lots' = to_jsonb(v_lots -> 'policy' <> 'null')) then
                -- The repair of its stock row has brought them along.
                update inventory.stock_findings as f set gone_at = clock_timestamp() where f.finding_id = repair.finding;
                return inventory._finish_operation(
                    v_operation, null, null, jsonb_build_object('repaired', false, 'finding', inventory._finding_json(v_finding))
                );
            elsif inventory._lots_lack(v_lots) <> inventory._lots_lack(v_finding.details)
                or v_lots -> 'keeps_lots' <> v_finding.details -> 'keeps_lots'
            then
                v_errors := inventory._finding_changed(v_finding.finding_id);
            elsif v_now -> 'version' <> v_now -> 'ledger_version' or v_now -> 'on_hand' <> v_now -> 'ledger_on_hand'
                or v_now -> 'reserved' <> v_now -> 'ledger_reserved'
            then
                v_errors := inventory._stock_row_first(v_finding.finding_id);
            else
                v_version := (v_now ->> 'version')::bigint + 1;
                v_movements := array[(
                    null, v_finding.store_id, v_store, v_finding.product_id, v_sku, 'adjustment', 0, 0, (v_now ->> 'on_hand')::bigint,
                    (v_now ->> 'reserved')::bigint, v_version
                )::inventory.stock_movement];
                perform inventory._write_movements(v_operation, v_movements);
                perform inventory._set_version(v_finding.store_id, v_finding.product_id, v_version);
                perform inventory._repair_lots(v_finding.store_id, v_finding.product_id, v_version);
            end if;
        else
            v_now := inventory._finding_now(v_finding.store_id, v_finding.product_id, v_finding.kind);
            if v_finding.kind = 'reserved' then
                if v_has_row and (v_now ->> 'held')::numeric - (v_now ->> 'reserved')::numeric
                    = (v_finding.details ->> 'held')::numeric - (v_finding.details ->> 'reserved')::numeric
                then
                    select a.movements, a.errors into v_movements, v_errors
                    from inventory._apply_changes(v_operation, array[(
                        null, v_finding.store_id, v_store, v_finding.product_id, v_sku,
                        case when (v_now ->> 'held')::numeric < (v_now ->> 'reserved')::numeric then 'release' else 'reservation' end,
                        0, 1, 0, (v_now ->> 'held')::numeric - (v_now ->> 'reserved')::numeric
                    )::inventory.stock_change]) as a;
                elsif v_now is null then
                    v_errors := inventory._repair_not_possible(
                        v_finding.finding_id, 'Orders hold some of a stock row that is not there.', 'Receive the product first.'
                    );
                else
                    v_errors := inventory._finding_changed(v_finding.finding_id);
                end if;
            elsif v_now is null or v_now <> v_finding.details then
                v_errors := inventory._finding_changed(v_finding.finding_id);
            elsif v_finding.kind = 'remainder' then
                if v_has_row then
                    select a.movements into v_movements
                    from inventory._apply_changes(v_operation, array[(
                        null, v_finding.store_id, v_store, v_finding.product_id, v_sku, 'adjustment', 0, 1, 0, 0
                    )::inventory.stock_change]) as a;
                    perform inventory._write_remainder_step(
                        v_finding.store_id, v_finding.product_id, v_movements[1].version, v_now ->> 'last_step', v_now ->> 'remainder'
                    );
                end if;
            else
                v_version := greatest((v_now ->> 'version')::bigint, (v_now ->> 'ledger_version')::bigint + 1);
                v_errors := inventory._too_many_lost(v_finding.finding_id, v_version - (v_now ->> 'ledger_version')::bigint);
                if v_errors is null then
                    v_movements := inventory._write_repair(
                        v_operation, v_finding.product_id, v_sku, (v_now ->> 'ledger_version')::bigint + 1, v_version,
                        (v_now ->> 'on_hand')::numeric - (v_now ->> 'ledger_on_hand')::numeric,
                        (v_now ->> 'reserved')::numeric - (v_now ->> 'ledger_reserved')::numeric,
                        (v_now ->> 'on_hand')::numeric, (v_now ->> 'reserved')::numeric, null
                    );
                    perform inventory._set_version(v_finding.store_id, v_finding.product_id, v_version);
                    perform inventory._repair_lots(v_finding.store_id, v_finding.product_id, v_version);
                end if;
            end if;
        end if;
        if v_errors is not null then
            raise exception 'refused' using errcode = 'SDREF';
        end if;
        update inventory.stock_findings as f set
            repaired_at = clock_timestamp(), repaired_by = v_operation.actor,
            repair_version = v_movements[cardinality(v_movements)].version
        where f.finding_id = repair.finding;
    exception when sqlstate 'SDREF' then
        return inventory._refuse(v_operation, v_errors);
    end;
    return inventory._finish_operation(
        v_operation, v_movements, null, jsonb_build_object('repaired', true, 'finding', inventory._finding_json(v_finding))
    );
end
$$;

comment on function inventory.repair(bigint, text, text, text, text) is
    'Settles a finding of verify() by compensating movements: the ledger gets what it lacks; what is recorded stays as it is.';
