-- Proof: every way in which movements, stock rows, holds, remainders and lots can contradict each other is made, found, repaired, and clean again.
begin;
select no_plan();

select test.store('vf-a'), test.store('vf-b'), test.store('vf-l');
select test.product('vf-' || n) from generate_series(1, 9) as n;

create function pg_temp.receive(variadic in_skus text[]) returns void language sql as $$
    select inventory.receive_purchase('vf-a', (select jsonb_agg(jsonb_build_object('sku', s, 'quantity', 10)) from unnest(in_skus) as s))
$$;
create function pg_temp.sell(in_sku text, in_quantity numeric default 1) returns void language sql as $$
    select inventory.must(inventory.record_sale('vf-a', jsonb_build_array(jsonb_build_object('sku', in_sku, 'quantity', in_quantity))))
$$;
-- A pass over the store, until it is complete, and what is open then.
create function pg_temp.verified(in_whole boolean default false, in_store text default 'vf-a') returns text language plpgsql as $$
declare
    v_answer jsonb;
    v_first boolean := true;
begin
    loop
        v_answer := inventory.verify(in_store, whole => in_whole and v_first);
        v_first := false;
        exit when (v_answer -> 'complete')::boolean;
    end loop;
    return coalesce((
        select string_agg(format('%s %s at %s %s', f ->> 'sku', f ->> 'kind', f ->> 'version', d.details), '; ' order by f ->> 'sku', f -> 'version')
        from jsonb_array_elements(v_answer -> 'findings') as f
        -- How many lots, instead of their ids.
        cross join lateral (
            select case when f -> 'details' ? 'wrong_lots' then
                jsonb_set(f -> 'details', '{wrong_lots}', to_jsonb(jsonb_array_length(f -> 'details' -> 'wrong_lots')))
            else f -> 'details' end
        ) as d (details)
    ), 'clean');
end
$$;
-- Repairs what is open, and says by which movements.
create function pg_temp.repaired() returns text language sql as $$
    select string_agg(
        case when a.answer -> 'success' = 'true' then (
            select string_agg(format('%s %s %s/%s>%s/%s', m ->> 'version', m ->> 'kind', m ->> 'on_hand_delta', m ->> 'reserved_delta', m ->> 'on_hand', m ->> 'reserved'), ', ' order by o)
            from jsonb_array_elements(a.answer -> 'movements') with ordinality as e (m, o)
        ) else a.answer #>> '{errors,0,message}' end, '; ' order by a.finding_id
    )
    from (
        select f.finding_id, inventory.repair(f.finding_id, 'test', 'Eve') as answer
        from (
            select o.finding_id from inventory.stock_findings as o
            where o.store_id = test.store('vf-a') and o.repaired_at is null and o.gone_at is null order by o.finding_id
        ) as f
    ) as a
$$;
-- Does what nobody can: changes as the engine are taken as recorded.
create function pg_temp.harm(in_sql text) returns void language plpgsql as $$
begin
    set local role inventory_engine;
    execute in_sql;
    reset role;
end
$$;
-- A stock row's quantity alone; in two steps, because a change without one of the version is recorded whoever makes it.
create function pg_temp.set_on_hand(in_sku text, in_on_hand bigint) returns void language sql as $$
    select pg_temp.harm(format(
        'update inventory.inventory_stock set on_hand = %3$s, version = version + 1 where store_id = %1$s and product_id = %2$s',
        (select store_id from inventory.stores where code = 'vf-a'), (select product_id from inventory.products where sku = in_sku), in_on_hand
    ));
    select pg_temp.harm(format(
        'update inventory.inventory_stock set version = version - 1 where store_id = %s and product_id = %s',
        (select store_id from inventory.stores where code = 'vf-a'), (select product_id from inventory.products where sku = in_sku)
    ));
$$;
create function pg_temp.p(in_sku text) returns text language sql as $$ select product_id::text from inventory.products where sku = in_sku $$;
create function pg_temp.a() returns text language sql as $$ select store_id::text from inventory.stores where code = 'vf-a' $$;

-- What is right
select is(pg_temp.verified(), 'clean', 'a store without stock is clean');
select pg_temp.receive('vf-1', 'vf-2', 'vf-3', 'vf-4', 'vf-5', 'vf-6', 'vf-7', 'vf-8', 'vf-9');
select pg_temp.sell('vf-' || n) from generate_series(1, 9) as n;
update inventory.inventory_stock set on_hand = on_hand + 1 where store_id = test.store('vf-a') and product_id = test.product('vf-1');
insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta) values (test.store('vf-a'), test.product('vf-1'), 'adjustment', -1), (test.store('vf-a'), test.product('vf-1'), 'adjustment', 5);
select inventory.set_unit('third', 1, 3, sku => 'vf-2');
select inventory.record_sale('vf-a', '[{"sku": "vf-2", "quantity": 1, "unit": "third"}]');
select inventory.reserve_stock('vf-o', 'vf-a', '[{"sku": "vf-3", "quantity": 4}]', '1 hour');
delete from inventory.inventory_stock where store_id = test.store('vf-a') and product_id = test.product('vf-9');
select is(inventory.verify('vf-a') - 'whole', '{"success": true, "store": "vf-a", "complete": true, "movements": 24, "stock_rows": 9, "open": 0, "findings": []}', 'whatever was written in the ways that there are agrees');
select is(inventory.verify('vf-a') ->> 'movements', '0', 'what was walked is not walked again');
select pg_temp.sell('vf-1');
select is(inventory.verify('vf-a') ->> 'movements', '1', 'what is new is');
select is(inventory.verify('vf-a', whole => true) ->> 'movements', '25', 'all of it when asked for');
select is((select whole_completed_at is not null and after_product_id is null from inventory.stock_verifications where store_id = test.store('vf-a')), true, 'which is noted');
insert into inventory.inventory_stock (store_id, product_id, on_hand) values (test.store('vf-a'), test.product('vf-9'), 3);
select is(pg_temp.verified(), 'clean', 'a row that is made again goes on');

-- A stock row that was changed past everybody
select pg_temp.set_on_hand('vf-4', 7);
select is(
    pg_temp.verified(),
    'vf-4 stock_row at 2 {"on_hand": 7, "version": 2, "reserved": 0, "ledger_on_hand": 9, "ledger_version": 2, "ledger_reserved": 0}',
    'a stock row that is not what its last movement says is found'
);
select is(pg_temp.verified(), pg_temp.verified(true), 'it is one finding however often it is found');
select is((select count(*) from inventory.stock_findings where store_id = test.store('vf-a')), 1::bigint, 'and one row');
select is(pg_temp.repaired(), '3 adjustment -2/0>7/0', 'repaired by a movement of the difference');
select results_eq(
    $$ select l.reason, l.actor from inventory.stock_ledger as l where l.product_id = test.product('vf-4') and l.version = 3 $$,
    $$ select format('repair of finding %s: test', f.finding_id), 'Eve' from inventory.stock_findings as f where f.store_id = test.store('vf-a') $$, 'which says what it is'
);
select is(test.stock('vf-a', 'vf-4'), 'on_hand 7 reserved 0 version 3', 'what is on the shelf stays');
select is(pg_temp.verified() || pg_temp.verified(true), 'cleanclean', 'and it is clean');
select is_empty('select test.contradictions()', 'by another proof, too');
select is(
    (select inventory.repair(f.finding_id) - 'ticket' - 'finding' from inventory.stock_findings as f where f.store_id = test.store('vf-a')),
    '{"success": true, "replayed": false, "operation": "repair", "store": "vf-a", "errors": [], "movements": [], "repaired": false}'::jsonb,
    'a finding is repaired once'
);

-- Its version
select pg_temp.harm(format('update inventory.inventory_stock set version = 1 where store_id = %s and product_id = %s', pg_temp.a(), pg_temp.p('vf-4')));
select is(pg_temp.verified(), 'vf-4 stock_row at 1 {"on_hand": 7, "version": 1, "reserved": 0, "ledger_on_hand": 7, "ledger_version": 3, "ledger_reserved": 0}', 'a version that was set back is found');
select is(pg_temp.repaired(), '4 adjustment 0/0>7/0', 'repaired by the next version');
select is(test.stock('vf-a', 'vf-4') || pg_temp.verified() || pg_temp.verified(true), 'on_hand 7 reserved 0 version 4cleanclean', 'clean');
select pg_temp.harm(format('update inventory.inventory_stock set version = 7, on_hand = 5 where store_id = %s and product_id = %s', pg_temp.a(), pg_temp.p('vf-4')));
select is(pg_temp.verified(), 'vf-4 stock_row at 7 {"on_hand": 5, "version": 7, "reserved": 0, "ledger_on_hand": 7, "ledger_version": 4, "ledger_reserved": 0}', 'movements that are lost at the end are found');
select is(pg_temp.repaired(), '5 adjustment 0/0>7/0, 6 adjustment 0/0>7/0, 7 adjustment -2/0>5/0', 'repaired by as many, the last with the difference');
select is(test.stock('vf-a', 'vf-4') || pg_temp.verified() || pg_temp.verified(true), 'on_hand 5 reserved 0 version 7cleanclean', 'clean');
select is_empty('select test.contradictions()', 'by another proof, too');

-- A stock row that is gone
select pg_temp.harm(format('delete from inventory.inventory_stock where store_id = %s and product_id = %s', pg_temp.a(), pg_temp.p('vf-5')));
select is(pg_temp.verified(), 'vf-5 missing_stock_row at 0 {"on_hand": 0, "version": 0, "reserved": 0, "ledger_on_hand": 9, "ledger_version": 2, "ledger_reserved": 0}', 'a stock row that went without a movement is found');
select is(pg_temp.repaired(), '3 adjustment -9/0>0/0', 'repaired by the movement that it went without');
select is(pg_temp.verified() || pg_temp.verified(true), 'cleanclean', 'clean');
select pg_temp.receive('vf-5');
select is(test.stock('vf-a', 'vf-5') || pg_temp.verified(), 'on_hand 10 reserved 0 version 4clean', 'and it may be made again');
-- Its kept version, too: nothing names it but the ledger, which only a whole pass reads from key to key.
select pg_temp.harm(format('delete from inventory.inventory_stock where store_id = %1$s and product_id = %2$s', pg_temp.a(), pg_temp.p('vf-6')));
select pg_temp.harm(format('delete from inventory.stock_version_kept where store_id = %1$s and product_id = %2$s', pg_temp.a(), pg_temp.p('vf-6')));
select is(pg_temp.verified(), 'clean', 'a key that nothing names any more is passed over by a pass over new movements');
select is(pg_temp.verified(true), 'vf-6 missing_stock_row at 0 {"on_hand": 0, "version": 0, "reserved": 0, "ledger_on_hand": 9, "ledger_version": 2, "ledger_reserved": 0}', 'and found by a whole one');
select is(pg_temp.repaired() || pg_temp.verified() || pg_temp.verified(true), '3 adjustment -9/0>0/0cleanclean', 'repaired, clean');
select is_empty('select test.contradictions()', 'by another proof, too');

-- Movements that are gone
select pg_temp.sell('vf-7', 2), pg_temp.sell('vf-7', 3), pg_temp.sell('vf-7');
select is(pg_temp.verified(), 'clean', 'before');
select pg_temp.harm(format('delete from inventory.stock_ledger where store_id = %s and product_id = %s and version in (3, 4)', pg_temp.a(), pg_temp.p('vf-7')));
select is(pg_temp.verified(), 'clean', 'what was walked is not looked at again by a pass over new movements');
select is(pg_temp.verified(true), 'vf-7 missing_movements at 3 {"until_version": 4, "on_hand_difference": -5, "reserved_difference": 0}', 'a gap is found by a whole one');
select is(pg_temp.repaired(), '3 adjustment 0/0>9/0, 4 adjustment -5/0>4/0', 'repaired by as many movements, the last with the difference');
select is((select l.recorded_at = n.recorded_at from inventory.stock_ledger as l join inventory.stock_ledger as n using (store_id, product_id)
    where l.product_id = test.product('vf-7') and l.version = 4 and n.version = 5), true, 'in their place in time');
select is((select on_hand from inventory.stock_at(now() + interval '1 hour', 'vf-a') where sku = 'vf-7'), 3::bigint, 'for looking back');
select is(pg_temp.verified() || pg_temp.verified(true), 'cleanclean', 'clean');
select is_empty('select test.contradictions()', 'by another proof, too');
select pg_temp.harm(format('delete from inventory.stock_ledger where store_id = %s and product_id = %s and version = 1', pg_temp.a(), pg_temp.p('vf-7')));
select is(pg_temp.verified(true), 'vf-7 missing_movements at 1 {"until_version": 1, "on_hand_difference": 10, "reserved_difference": 0}', 'also at the beginning');
select is(pg_temp.repaired() || pg_temp.verified(true), '1 adjustment 10/0>10/0clean', 'repaired, clean');
select pg_temp.harm(format('delete from inventory.stock_ledger where store_id = %s and product_id = %s and version = 4', pg_temp.a(), pg_temp.p('vf-7')));
select is(pg_temp.verified(true), 'vf-7 missing_movements at 4 {"until_version": 4, "on_hand_difference": -5, "reserved_difference": 0}', 'what was lost again is found again');
select is(pg_temp.repaired() || pg_temp.verified(true), '4 adjustment -5/0>4/0clean', 'repaired, clean');

select inventory.adjust_stock('vf-a', '[{"sku": "vf-7", "quantity": 2}]', 'r'), inventory.adjust_stock('vf-a', '[{"sku": "vf-7", "quantity": -2}]', 'r'), pg_temp.sell('vf-7');
select pg_temp.harm(format('delete from inventory.stock_ledger where store_id = %s and product_id = %s and version in (6, 7)', pg_temp.a(), pg_temp.p('vf-7')));
select is(pg_temp.verified(true), 'vf-7 missing_movements at 6 {"until_version": 7, "on_hand_difference": 0, "reserved_difference": 0}', 'also a gap that leaves no difference');
select is(pg_temp.repaired() || pg_temp.verified(true), '6 adjustment 0/0>3/0, 7 adjustment 0/0>3/0clean', 'repaired, clean');

-- Movements that were changed
select pg_temp.harm(format('update inventory.stock_ledger set on_hand_delta = -4 where store_id = %s and product_id = %s and version = 2', pg_temp.a(), pg_temp.p('vf-8')));
select is(pg_temp.verified(true), 'vf-8 wrong_balance at 2 {"until_version": 2, "on_hand_difference": 3, "reserved_difference": 0}', 'a movement that does not lead to its balance is found');
select is(pg_temp.repaired(), '3 adjustment 3/0>9/0', 'repaired by what it leaves unexplained; the balance stays');
select is(pg_temp.verified() || pg_temp.verified(true) || pg_temp.verified(true), 'cleancleanclean', 'clean');
select is((select sum(on_hand_delta) from inventory.stock_ledger where store_id = test.store('vf-a') and product_id = test.product('vf-8')), 9::numeric, 'the movements come to what is there');
select pg_temp.harm(format('update inventory.stock_ledger set on_hand_delta = -5 where store_id = %s and product_id = %s and version = 2', pg_temp.a(), pg_temp.p('vf-8')));
select is(pg_temp.verified(true), 'vf-8 wrong_balance at 2 {"until_version": 2, "on_hand_difference": 4, "reserved_difference": 0}; vf-8 wrong_balance at 3 {"until_version": 3, "on_hand_difference": -3, "reserved_difference": 0}',
    'one that is changed again is found again, and so is what had made up for it');
select is(pg_temp.repaired(), '4 adjustment 4/0>9/0; 5 adjustment -3/0>9/0', 'repaired');
select is(pg_temp.verified(true) || pg_temp.verified(true), 'cleanclean', 'clean');
select is((select sum(on_hand_delta) from inventory.stock_ledger where store_id = test.store('vf-a') and product_id = test.product('vf-8')), 9::numeric, 'the movements come to what is there');

-- Reserved in the ledger, and in both of what it is compared with
select pg_temp.harm(format('update inventory.stock_ledger set reserved_delta = 3 where store_id = %s and product_id = %s and version = 3', pg_temp.a(), pg_temp.p('vf-3')));
select is(pg_temp.verified(true), 'vf-3 wrong_balance at 3 {"until_version": 3, "on_hand_difference": 0, "reserved_difference": 1}', 'a movement that does not lead to what it says is reserved is found');
select is(pg_temp.repaired() || pg_temp.verified(true), '4 adjustment 0/1>9/4clean', 'repaired, clean');
select is((select sum(reserved_delta) from inventory.stock_ledger where store_id = test.store('vf-a') and product_id = test.product('vf-3')), 4::numeric, 'the movements come to what is reserved');
select pg_temp.harm(format('update inventory.inventory_stock set reserved = 5, version = version where store_id = %s and product_id = %s', pg_temp.a(), pg_temp.p('vf-3')));
select pg_temp.harm(format('update inventory.stock_holds set units = 5 where store_id = %s and state = ''held''', pg_temp.a()));
select is(pg_temp.verified(), 'vf-3 stock_row at 4 {"on_hand": 9, "version": 4, "reserved": 5, "ledger_on_hand": 9, "ledger_version": 4, "ledger_reserved": 4}', 'a reservation without a movement is found');
select is(pg_temp.repaired() || pg_temp.verified() || pg_temp.verified(true), '5 adjustment 0/1>9/5cleanclean', 'repaired, clean');

-- Movements that are there twice
select pg_temp.harm(format(
    'insert into inventory.stock_ledger_months (store_id, product_id, kind, on_hand_delta, on_hand_after, version) values (%1$s, %2$s, ''sale'', -1, 9, 2), (%1$s, %2$s, ''sale'', -1, 9, 2)', pg_temp.a(), pg_temp.p('vf-9')
));
select pg_temp.harm(format('update inventory.stock_ledger set on_hand_after = 9 where store_id = %s and product_id = %s and version = 2', pg_temp.a(), pg_temp.p('vf-9')));
select is(pg_temp.verified(true), 'vf-9 repeated_version at 2 {"until_version": 2, "on_hand_difference": 2, "reserved_difference": 0}', 'movements that are there more than once are found');
select is(pg_temp.repaired(), '5 adjustment 2/0>3/0', 'repaired by giving back what they take');
select is(pg_temp.verified() || pg_temp.verified(true), 'cleanclean', 'clean');
select is((select sum(on_hand_delta) from inventory.stock_ledger where store_id = test.store('vf-a') and product_id = test.product('vf-9')), 3::numeric, 'the movements come to what is there');

-- Reserved
select pg_temp.harm(format('update inventory.stock_holds set units = 6 where store_id = %s and state = ''held''', pg_temp.a()));
select is(pg_temp.verified(), 'vf-3 reserved at 5 {"held": 6, "reserved": 5}', 'reserved that is not what orders hold is found');
select is(pg_temp.repaired(), '6 reservation 0/1>9/6', 'repaired by a reservation');
select is(pg_temp.verified() || pg_temp.verified(true), 'cleanclean', 'clean');
select pg_temp.harm(format('update inventory.stock_holds set units = 1 where store_id = %s and state = ''held''', pg_temp.a()));
select is(pg_temp.verified(), 'vf-3 reserved at 6 {"held": 1, "reserved": 6}', 'also the other way');
select inventory.reserve_stock('vf-p', 'vf-a', '[{"sku": "vf-3", "quantity": 1}]', '1 hour');
select is(pg_temp.repaired() || pg_temp.verified() || pg_temp.verified(true), '8 release 0/-5>9/2cleanclean', 'repaired by a release, also when orders have gone on reserving');
select pg_temp.harm(format('update inventory.stock_holds set units = 11 where store_id = %s and state = ''held''', pg_temp.a()));
select is(pg_temp.verified(), 'vf-3 reserved at 8 {"held": 22, "reserved": 2}', 'more than there is');
select is(pg_temp.repaired(), 'Insufficient stock of vf-3 in vf-a: Need 20, Have 7 (Short: 13)', 'is not set aside');
select is(test.stock('vf-a', 'vf-3'), 'on_hand 9 reserved 2 version 8', 'nothing has moved');
select pg_temp.harm(format('update inventory.stock_holds set units = 1 where store_id = %s and state = ''held''', pg_temp.a()));
select is(pg_temp.verified(), 'clean', 'what is no longer found is no finding any more');
select is((select count(*) from inventory.stock_findings where store_id = test.store('vf-a') and gone_at is not null), 1::bigint, 'and noted as gone');
select is_empty('select r from test.reservation_contradictions() as r where r like pg_temp.a() || ''/%''', 'by another proof, too');

-- The remainder
select pg_temp.harm(format('update inventory.stock_remainders set numerator = 1, denominator = 2 where store_id = %s and product_id = %s', pg_temp.a(), pg_temp.p('vf-2')));
select is(pg_temp.verified(), 'vf-2 remainder at 3 {"last_step": "2/3", "remainder": "1/2"}', 'a remainder that no step leads to is found');
select is(pg_temp.repaired(), '4 adjustment 0/0>8/0', 'repaired by a movement of no whole units');
select is((select numerator || '/' || denominator || ' ' || numerator_after || '/' || denominator_after from inventory.stock_remainder_steps
    where product_id = test.product('vf-2') and version = 4), '-1/6 1/2', 'and its step');
select is(pg_temp.verified() || pg_temp.verified(true), 'cleanclean', 'clean');

-- Lots: what the open ones have left is on hand.
select test.product('vf-lot') as lot_product, pg_temp.a() as a \gset
select inventory.set_lot_policy('vf-lot', 'fifo');
select inventory.receive_purchase('vf-a', '[{"sku": "vf-lot", "quantity": 4, "unit_cost": 2, "lot": "A"}, {"sku": "vf-lot", "quantity": 6, "unit_cost": 3, "lot": "B"}]');
select pg_temp.sell('vf-lot');
select is(test.lots('vf-a', 'vf-lot') || ' ' || pg_temp.verified(), 'A 3 at 6, B 6 at 18 clean', 'lots that come to what is on hand are right');
select pg_temp.harm(format('update inventory.stock_lots set taken = taken + 2 where product_id = %s and lot = ''A''', :lot_product));
select is(pg_temp.verified(), 'vf-lot lots at 3 {"policy": "fifo", "in_lots": 7, "on_hand": 9, "keeps_lots": true, "wrong_lots": 1}', 'lots that have less than is on hand are found');
select is(pg_temp.verified(), pg_temp.verified(true), 'as one finding however often they are');
select pg_temp.sell('vf-lot');
select is(pg_temp.repaired(), '5 adjustment 0/0>8/0', 'repaired by a movement of no units, also when it was sold meanwhile');
select results_eq(
    format('select kind, quantity, trim_scale(value) from inventory.stock_lot_entries where product_id = %s and version = 5 order by entry_id', :lot_product),
    $$ values ('corrected', -2::bigint, 0::numeric), ('received', 2, 6) $$, 'whose entries say what the lots have left, and bring in what they lack at the cost of what came last'
);
select is(pg_temp.verified() || pg_temp.verified(true), 'cleanclean', 'clean');
select pg_temp.harm(format('update inventory.stock_lots set quantity = quantity + 5 where product_id = %s and lot = ''B''', :lot_product));
select is(pg_temp.verified(), 'vf-lot lots at 5 {"policy": "fifo", "in_lots": 13, "on_hand": 8, "keeps_lots": true, "wrong_lots": 1}', 'lots that have more are found, too');
select is(pg_temp.repaired() || pg_temp.verified() || pg_temp.verified(true), '6 adjustment 0/0>8/0cleanclean', 'repaired, clean');
select is((select sum(quantity) from inventory.stock_lot_entries where product_id = :lot_product and version = 6 and kind = 'taken'), -5::numeric, 'by taking out what they have too much');
select pg_temp.harm(format('update inventory.stock_lots set quantity = quantity + 1 where product_id = %s and lot = ''B''', :lot_product));
select pg_temp.verified();
select pg_temp.harm(format('update inventory.stock_lots set quantity = quantity + 1 where product_id = %s and lot = ''B''', :lot_product));
select is(pg_temp.repaired(), format('Finding %s is not as it was found', max(finding_id)), 'what is harmed again meanwhile is not as it was found') from inventory.stock_findings;
select pg_temp.harm(format('update inventory.stock_lots set quantity = quantity - 2 where product_id = %s and lot = ''B''', :lot_product));
select is(pg_temp.verified(), 'clean', 'what is right again is no finding any more');
-- With the stock row itself: whatever becomes of it becomes of its lots.
select pg_temp.set_on_hand('vf-lot', 5);
select is(
    pg_temp.verified(),
    'vf-lot lots at 6 {"policy": "fifo", "in_lots": 8, "on_hand": 5, "keeps_lots": true}; '
        'vf-lot stock_row at 6 {"on_hand": 5, "version": 6, "reserved": 0, "ledger_on_hand": 8, "ledger_version": 6, "ledger_reserved": 0}',
    'a stock row that was changed past everybody contradicts its lots, too'
);
savepoint of_lots;
select is(
    inventory.repair((select finding_id from inventory.stock_findings where kind = 'lots' and repaired_at is null and gone_at is null)) #>> '{errors,0,hint}',
    'Repair the finding of the stock row first.', 'it comes first'
);
select is(
    inventory.repair((select finding_id from inventory.stock_findings where kind = 'stock_row' and repaired_at is null and gone_at is null)) #>> '{movements,0,on_hand_delta}',
    '-3', 'and its repair'
);
select is((select sum(remaining_quantity) from inventory.stock_lots where product_id = :lot_product), 5::numeric, 'brings its lots along');
select is((select sum(quantity) from inventory.stock_lot_entries where product_id = :lot_product and version = 7), -3::numeric, 'as that movement took from them');
select is(
    inventory.repair((select finding_id from inventory.stock_findings where kind = 'lots' and repaired_at is null and gone_at is null)) ->> 'repaired',
    'false', 'then nothing is left to repair of them'
);
select is(pg_temp.verified() || pg_temp.verified(true), 'cleanclean', 'clean');
select pg_temp.harm(format('delete from inventory.inventory_stock where product_id = %s', :lot_product));
select is(pg_temp.verified() ~ '^vf-lot lots at 0 .*; vf-lot missing_stock_row at 0 ', true, 'lots of a stock row that is gone are found');
select is(pg_temp.repaired() ~ '^Finding \d+ cannot be repaired so; 8 adjustment -5/0>0/0$', true, 'its repair');
select is(coalesce(test.lots('vf-a', 'vf-lot'), 'none') || pg_temp.verified() || pg_temp.verified(true), 'nonecleanclean', 'takes them away');
select pg_temp.harm(format('insert into inventory.stock_lots (store_id, product_id, age, quantity, value) values (%s, %s, 0, 2, 2)', :'a', :lot_product));
select is(pg_temp.verified(), 'vf-lot lots at 8 {"policy": "fifo", "in_lots": 2, "on_hand": 0, "keeps_lots": false, "wrong_lots": 1}', 'a lot where there is no stock row');
select is(pg_temp.repaired() || pg_temp.verified() || pg_temp.verified(true), '9 adjustment 0/0>0/0cleanclean', 'repaired, clean');
select inventory.receive_purchase('vf-a', '[{"sku": "vf-lot", "quantity": 3, "unit_cost": 1}]');
select is(test.lots('vf-a', 'vf-lot') || pg_temp.verified(), '- 3 at 3clean', 'and it may be made again');
-- Each lot is what its entries come to, also where all of them together are right.
select test.product('vf-lots') as lots_product \gset
select inventory.set_lot_policy('vf-lots', 'fifo');
select inventory.receive_purchase('vf-a', '[{"sku": "vf-lots", "quantity": 2, "unit_cost": 2, "lot": "A"}, {"sku": "vf-lots", "quantity": 6, "unit_cost": 3, "lot": "B"}, {"sku": "vf-lots", "quantity": 6, "unit_cost": 4, "lot": "C"}]');
select pg_temp.sell('vf-lots', 3);
select is(test.lots('vf-a', 'vf-lots') || ' ' || pg_temp.verified() || pg_temp.verified(true), 'B 5 at 15, C 6 at 24 cleanclean', 'lots that are what their entries come to are right');
select pg_temp.harm(format('update inventory.stock_lots set quantity = quantity + case lot when ''B'' then 1 else -1 end where product_id = %s and lot <> ''A''', :lots_product));
select is(pg_temp.verified(), 'vf-lots lots at 4 {"policy": "fifo", "in_lots": 11, "on_hand": 11, "keeps_lots": true, "wrong_lots": 2}', 'units that went from one lot into another are found');
select is(pg_temp.repaired() || pg_temp.verified() || pg_temp.verified(true), '5 adjustment 0/0>11/0cleanclean', 'repaired, clean');
select results_eq(
    format('select e.quantity, e.kind from inventory.stock_lot_entries as e where e.product_id = %s and e.version = 5 order by 1', :lots_product),
    $$ values (-1::bigint, 'corrected'), (1, 'corrected') $$, 'by entries that say what each has left'
);
select pg_temp.harm(format('update inventory.stock_lots set value = value + 1 where product_id = %s and lot = ''B''', :lots_product));
select is(pg_temp.verified(), 'vf-lots lots at 5 {"policy": "fifo", "in_lots": 11, "on_hand": 11, "keeps_lots": true, "wrong_lots": 1}', 'a cost that was changed past everybody is found');
select is(pg_temp.repaired() || pg_temp.verified() || pg_temp.verified(true), '6 adjustment 0/0>11/0cleanclean', 'repaired, clean');
select is((select value from inventory.stock_lot_entries where product_id = :lots_product and version = 6), 1::numeric, 'by an entry of it');
select pg_temp.harm(format('update inventory.stock_lots set taken_value = taken_value - 1 where product_id = %s and lot = ''A''', :lots_product));
select is(pg_temp.verified(), 'clean', 'a lot that is used up is not looked at again');
select is(pg_temp.verified(true), 'vf-lots lots at 6 {"policy": "fifo", "in_lots": 11, "on_hand": 11, "keeps_lots": true, "wrong_lots": 1}', 'but by a whole pass');
select is(pg_temp.verified(), pg_temp.verified(true), 'and from then on');
select is(pg_temp.repaired() || pg_temp.verified() || pg_temp.verified(true), '7 adjustment 0/0>11/0cleanclean', 'repaired, clean');
select pg_temp.sell('vf-lots', 6);
select pg_temp.harm(format('update inventory.stock_lots set taken_value = taken_value - 1 where product_id = %s and lot = ''B''', :lots_product));
select is(pg_temp.verified(), 'vf-lots lots at 8 {"policy": "fifo", "in_lots": 5, "on_hand": 5, "keeps_lots": true, "wrong_lots": 1}', 'one that was used up since the last pass is');
select is(pg_temp.repaired() || pg_temp.verified() || pg_temp.verified(true), '9 adjustment 0/0>5/0cleanclean', 'repaired, clean');
select pg_temp.harm(format('delete from inventory.stock_lots where product_id = %s and lot = ''C''', :lots_product));
select is(pg_temp.verified(true), 'vf-lots lots at 9 {"policy": "fifo", "in_lots": 0, "on_hand": 5, "keeps_lots": true, "wrong_lots": 1}', 'a lot that is gone');
select is(pg_temp.repaired() || pg_temp.verified() || pg_temp.verified(true), '10 adjustment 0/0>5/0cleanclean', 'repaired, clean');
select is((select array_agg(quantity::text || ' ' || kind order by entry_id) from inventory.stock_lot_entries where product_id = :lots_product and version = 10), '{-5 corrected,5 received}'::text[], 'its entries end with it');
select is_empty('select r from test.lot_contradictions() as r where r like ''%the entries say%''', 'by another proof, too');
-- A stock row that does not know of its product's policy, and one that believes in one that there is not.
select pg_temp.harm(format('update inventory.inventory_stock set keeps_lots = false where product_id = %s', :lot_product));
select pg_temp.sell('vf-lot');
select is(pg_temp.verified(), 'vf-lot lots at 11 {"policy": "fifo", "in_lots": 3, "on_hand": 2, "keeps_lots": false}', 'a stock row that has missed the policy is found');
select is(pg_temp.repaired() || pg_temp.verified(), '12 adjustment 0/0>2/0clean', 'repaired, clean');
select is(test.lots('vf-a', 'vf-lot') || ' ' || (select keeps_lots from inventory.inventory_stock where product_id = :lot_product), '- 2 at 2 true', 'it knows of it now');
select pg_temp.harm(format('update inventory.inventory_stock set keeps_lots = true where store_id = %s and product_id = %s', :'a', pg_temp.p('vf-8')));
select is(pg_temp.verified(), 'vf-8 lots at 5 {"policy": null, "in_lots": 0, "on_hand": 9, "keeps_lots": true}', 'so is one that keeps lots without a policy');
select is(pg_temp.repaired() || pg_temp.verified(), '6 adjustment 0/0>9/0clean', 'repaired, clean');
select is((select keeps_lots from inventory.inventory_stock where product_id = test.product('vf-8') and store_id = test.store('vf-a')), false, 'it keeps none any more');
select is_empty('select r from test.lot_contradictions() as r where r like pg_temp.a() || ''/%''', 'by another proof, too');

-- What goes on meanwhile
select pg_temp.set_on_hand('vf-5', 8);
select is(pg_temp.verified(), 'vf-5 stock_row at 4 {"on_hand": 8, "version": 4, "reserved": 0, "ledger_on_hand": 10, "ledger_version": 4, "ledger_reserved": 0}', 'a stock row that is wrong');
select pg_temp.sell('vf-5');
select is(pg_temp.repaired(), format('Finding %s is not as it was found', max(finding_id)), 'and is sold from meanwhile is not as it was found')
from inventory.stock_findings where store_id = test.store('vf-a');
select is(pg_temp.verified(), 'vf-5 wrong_balance at 5 {"until_version": 5, "on_hand_difference": -2, "reserved_difference": 0}', 'it is the sale''s balance then');
select is(pg_temp.repaired() || pg_temp.verified() || pg_temp.verified(true), '6 adjustment -2/0>7/0cleanclean', 'repaired, clean');
select throws_ok('select inventory.repair(0)', 'SD006', 'there is no finding 0', 'an unknown finding raises');
select throws_ok('select inventory.repair(null)', 'SD006', 'there is no finding null', 'as does none');
-- What was made up for is put right by somebody else.
select pg_temp.harm(format('update inventory.stock_ledger set on_hand_delta = -3 where store_id = %s and product_id = %s and version = 5', pg_temp.a(), pg_temp.p('vf-5')));
select is(pg_temp.verified(true), 'vf-5 wrong_balance at 6 {"until_version": 6, "on_hand_difference": 2, "reserved_difference": 0}', 'then the repair is the finding');
select is(pg_temp.repaired() || pg_temp.verified(true), '7 adjustment 2/0>7/0clean', 'repaired, clean');
select is((select sum(on_hand_delta) from inventory.stock_ledger where store_id = test.store('vf-a') and product_id = test.product('vf-5')), 7::numeric, 'the movements come to what is there');
-- Both at once: first the stock row.
select pg_temp.harm(format('update inventory.stock_ledger set on_hand_delta = -5 where store_id = %s and product_id = %s and version = 5', pg_temp.a(), pg_temp.p('vf-5')));
select pg_temp.set_on_hand('vf-5', 1);
select is(pg_temp.verified(true) ~ 'vf-5 wrong_balance at 5 .*; vf-5 stock_row at 7 ', true, 'two at once');
select is((select inventory.repair(max(finding_id) filter (where kind = 'wrong_balance' and repaired_at is null)) #>> '{errors,0,code}' from inventory.stock_findings where store_id = test.store('vf-a')), 'repair_not_possible', 'the stock row comes first');
select is(inventory.repair((select max(finding_id) from inventory.stock_findings where store_id = test.store('vf-a') and kind = 'stock_row')) -> 'repaired', 'true', 'then');
select is(pg_temp.repaired() is not null and pg_temp.verified(true) = 'clean', true, 'the other');
select throws_ok($$ select inventory.must('{"success": false, "errors": [{"code": "finding_changed", "message": "m"}]}') $$, 'SD038', 'm', 'must() has an SQLSTATE for it');
select throws_ok($$ select inventory.must('{"success": false, "errors": [{"code": "repair_not_possible", "message": "m"}]}') $$, 'SD039', 'm', 'and for the other');
select pg_temp.harm(format('update inventory.inventory_stock set version = version + 10001 where store_id = %s and product_id = %s', pg_temp.a(), pg_temp.p('vf-5')));
select is(pg_temp.verified() like 'vf-5 stock_row at %', true, 'more lost than can be made up for');
select is(pg_temp.repaired(), format('Finding %s cannot be repaired so', max(finding_id)), 'is refused') from inventory.stock_findings where store_id = test.store('vf-a');
select pg_temp.harm(format('update inventory.inventory_stock set version = version - 10001 where store_id = %s and product_id = %s', pg_temp.a(), pg_temp.p('vf-5')));

-- Bounded: parts of a history, and then the rest
insert into inventory.inventory_stock (store_id, product_id, on_hand) values (test.store('vf-l'), test.product('vf-1'), 0), (test.store('vf-l'), test.product('vf-2'), 0), (test.store('vf-l'), test.product('vf-3'), 0);
insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta)
select test.store('vf-l'), test.product(case when n > 2400 then 'vf-2' else 'vf-1' end), 'adjustment', 1 from generate_series(1, 3000) as n;
create temp table calls as select null::jsonb as answer, 0 as place;
do $$
begin
    for n in 1..9 loop
        insert into calls select inventory.verify('vf-l', 1000), n;
        exit when (select answer -> 'complete' = 'true' from calls where place = n);
    end loop;
end
$$;
select is((select sum((answer ->> 'movements')::bigint) from calls), 3003::numeric, 'T25: in parts every movement is walked once');
select ok((select max((answer ->> 'movements')::bigint) from calls) < 2000, 'T25: never twice as many in a call as it is told');
select is((select string_agg(answer ->> 'complete', ',' order by place) from calls where place > 0), 'false,false,false,true', 'T25: and the last one says so');
select is((select sum((answer ->> 'stock_rows')::bigint) from calls), 3::numeric, 'the stock rows are counted once');
select pg_temp.harm(format('update inventory.stock_ledger set on_hand_after = 0 where store_id = %s and version = 999 and product_id = %s', test.store('vf-l'), pg_temp.p('vf-1')));
select is(pg_temp.verified(true, 'vf-l'),
    'vf-1 wrong_balance at 999 {"until_version": 999, "on_hand_difference": -998, "reserved_difference": 0}; vf-1 wrong_balance at 1000 {"until_version": 1000, "on_hand_difference": 998, "reserved_difference": 0}',
    'what is found where a part ends is found once');
select pg_temp.harm(format('insert into inventory.stock_ledger_months (store_id, product_id, kind, on_hand_after, version) values (%s, %s, ''sale'', 999, 1000)', test.store('vf-l'), pg_temp.p('vf-1')));
create temp table parts as select inventory.verify('vf-l', 1000, whole => n = 1) as answer from generate_series(1, 5) as n;
select is((select count(*) from inventory.stock_findings where store_id = test.store('vf-l') and kind = 'repeated_version' and version = 1000), 1::bigint, 'two of one version are not torn apart');
select throws_ok('select inventory.verify(''vf-a'', 999)', '22023', null, 'not less than a thousand');
select throws_ok('select inventory.verify(''vf-a'', 1000001)', '22023', null, 'nor more than a million');
select throws_ok('select inventory.verify(''vf-a'', null)', '22023', null, 'nor null');
select throws_ok('select inventory.verify(''vf-x'')', 'SD006', null, 'of a store that exists');

-- Months that were let go: an opening stands for them, and of what was gone by then nothing is left.
set local session_replication_role = replica;
insert into inventory.stores (code, name, created_at) values ('vf-m', 'M', now() - interval '1 month');
set local session_replication_role = origin;
create function pg_temp.put(in_sku text, in_version bigint, in_delta bigint, in_after bigint) returns void language sql as $$
    select pg_temp.harm(format(
        $harm$insert into inventory.stock_ledger_months (store_id, product_id, kind, on_hand_delta, on_hand_after, version, recorded_at, xid, rung)
        select %s, %s, 'sale', %s, %s, %s, date_trunc('month', now() at time zone 'UTC') at time zone 'UTC' - interval '1 day',
            (pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 10)::text::xid8, true$harm$,
        (select store_id from inventory.stores where code = 'vf-m'), (select product_id from inventory.products where sku = in_sku), in_delta, in_after, in_version
    ))
$$;
do $$ begin set local role inventory_owner; execute format('create table inventory.%I partition of inventory.stock_ledger_months for values from (%L) to (%L)',
    'stock_ledger_' || to_char(now() at time zone 'UTC' - interval '1 month', 'YYYY_MM'),
    date_trunc('month', now() at time zone 'UTC' - interval '1 month') at time zone 'UTC', date_trunc('month', now() at time zone 'UTC') at time zone 'UTC'); reset role;
end $$;
select pg_temp.put('vf-1', 1, 10, 10), pg_temp.put('vf-2', 1, 10, 10), pg_temp.put('vf-2', 2, -10, 0), pg_temp.put('vf-3', 1, 4, 4);
select pg_temp.harm(format('insert into inventory.inventory_stock (store_id, product_id, on_hand, version, low_stock_threshold, allow_negative) select %s, product_id, case sku when ''vf-1'' then 10 else 4 end, 1, 0, false
    from inventory.products where sku in (''vf-1'', ''vf-3'')', test.store('vf-m')));
select pg_temp.harm(format('insert into inventory.stock_version_kept (store_id, product_id, version) values (%s, %s, 2)', test.store('vf-m'), pg_temp.p('vf-2')));
savepoint before_release;
select is(pg_temp.verified(false, 'vf-m'), 'clean', 'a month of the past is walked like any other');
select pg_temp.put('vf-1', 2, -3, 7);
select pg_temp.harm(format('update inventory.inventory_stock set on_hand = 7, version = 2 where store_id = %s and product_id = %s', test.store('vf-m'), pg_temp.p('vf-1')));
select is(movements_released, 5::bigint, 'and let go') from inventory.release_ledger_month((now() - interval '1 month')::date);
select is(pg_temp.verified(false, 'vf-m') || pg_temp.verified(true, 'vf-m'), 'cleanclean', 'openings stand for what was walked, and for what was not');
select inventory.receive_purchase('vf-m', '[{"sku": "vf-1", "quantity": 1}, {"sku": "vf-2", "quantity": 1}]');
select is(test.stock('vf-m', 'vf-2') || pg_temp.verified(false, 'vf-m') || pg_temp.verified(true, 'vf-m'), 'on_hand 1 reserved 0 version 3cleanclean', 'what was gone and is made again goes on');
rollback to before_release;
select is(movements_released, 4::bigint, 'let go before anybody has looked') from inventory.release_ledger_month((now() - interval '1 month')::date);
select is(pg_temp.verified(false, 'vf-m') || pg_temp.verified(true, 'vf-m'), 'cleanclean', 'it is clean, too');
select pg_temp.harm(format('delete from inventory.stock_ledger where store_id = %s and product_id = %s', test.store('vf-m'), pg_temp.p('vf-3')));
select is(pg_temp.verified(true, 'vf-m'), 'vf-3 stock_row at 1 {"on_hand": 4, "version": 1, "reserved": 0, "ledger_on_hand": 0, "ledger_version": 0, "ledger_reserved": 0}', 'but a stock row has a movement');

select * from finish();
rollback;
