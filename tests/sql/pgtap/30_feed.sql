-- The feed, from another session's point of view: what is committed, in whole transactions, without gaps and repeats. Not in one
-- transaction, because a feed shows nothing that is not committed; what it leaves behind has its own names.
select no_plan();

select test.store('feed-a') as a, test.product('feed-1') as p1, test.product('feed-2') as p2 \gset
create function pg_temp.try(in_sql text) returns text language plpgsql as $$
begin
    execute in_sql;
    return 'done';
exception when others then
    return sqlstate || ' ' || sqlerrm;
end
$$;

select dblink_connect('other', format('host=%s port=%s dbname=%s user=%s', :'HOST', :'PORT', :'DBNAME', :'USER'));
select inventory.position() as start \gset
select matches(:'start'::text, '^s1\.[0-9a-f]{16}\.[0-9]+\.[0-9]+\.[0-9]+:[0-9]+:[0-9,]*$', 'a position is text that people need not read');
select is(test.news(:'start'), null, 'nothing is new after a position that was just taken');
select is(substr(:'start', 4, 16), inventory.incarnation(), 'a position names its incarnation');
select is(inventory.incarnation(), inventory.incarnation(), 'an incarnation stays');

begin;
insert into inventory.inventory_stock (store_id, product_id, on_hand) values (:a, :p1, 5);
select inventory.ticket() as ticket \gset
select is(test.news(:'start'), null, 'a transaction''s own changes are no news to itself');
-- A later transaction ends first, so that the snapshot's end is above this one.
select dblink_exec('other', 'insert into inventory.vendors (code, name) values (''feed-u'', ''U''); delete from inventory.vendors where code = ''feed-u''');
select inventory.position() as inside \gset
update inventory.inventory_stock set on_hand = 6 where store_id = :a and product_id = :p1;
select is(inventory.covers(:'inside', :'ticket'), false, 'a position taken in a transaction does not claim what it still writes');
commit;
select is(test.news(:'inside'), 'feed-a/feed-1 1, feed-a/feed-1 2', 'and delivers it afterwards');
select is(inventory.covers(:'start', :'ticket'), false, 'a position before a transaction does not cover its ticket');
select is(inventory.covers(inventory.position(), :'ticket'), true, 'one after it does');
begin;
update inventory.inventory_stock set on_hand = 7 where store_id = :a and product_id = :p1;
rollback;
select is(test.news(:'start'), 'feed-a/feed-1 1, feed-a/feed-1 2, vendor_created, vendor_deleted', 'what is rolled back is no news');

-- Rows carry everything that a consumer needs
select inventory.position() as here \gset
begin;
set local inventory.reason = 'why';
set local inventory.actor = 'Ana';
insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta, reference) values (:a, :p1, 'sale', -2, 'R7');
update inventory.products set base_price = 3 where product_id = :p1;
commit;
select results_eq(
    format($$ select source, type, store, sku, on_hand_delta, on_hand_after, version, reason, reference, actor,
        changes -> 0 ->> 'field' from inventory.feed_after(%L) $$, :'here'),
    $$ values ('movement', 'sale', 'feed-a', 'feed-1', -2::bigint, 4::bigint, 3::bigint, 'why', 'R7', 'Ana', null),
        ('event', 'price_changed', null, 'feed-1', null, null, null, null, null, 'Ana', 'base_price') $$,
    'movements and events come in the order of recording, by codes'
);
select is((select count(distinct feed_position) from inventory.feed_after(:'here')), 1::bigint, 'every row of an answer carries the same position');
select feed_position as there from inventory.feed_after(:'here') limit 1 \gset
select is(test.news(:'there'), null, 'from which there is nothing more');

-- A limit is soft: the transaction is whole
select is((select count(*) from inventory.feed_after(:'here', 1)), 2::bigint, 'a limit does not split a transaction');
begin; update inventory.inventory_stock set on_hand = on_hand + 1 where store_id = :a; commit;
begin; update inventory.inventory_stock set on_hand = on_hand + 1 where store_id = :a; commit;
select is((select count(distinct ticket) from inventory.feed_after(:'here', 3)), 2::bigint, 'it ends after the transaction in which it was reached');
select is((select count(*) from inventory.feed_after(:'here', 100000)), 4::bigint, 'a large one takes everything');
select is(pg_temp.try(format('select * from inventory.feed_after(%L, 0)', :'here')), '22023 the limit must be from 1 to 100000, not 0', 'a limit of 0 is refused');
select alike(pg_temp.try(format('select * from inventory.feed_after(%L, null)', :'here')), '22023 %', 'a null limit is refused');
select alike(pg_temp.try(format('select * from inventory.feed_after(%L, 100001)', :'here')), '22023 %', 'a limit that is too large is refused');

-- Canaries are hidden
select inventory.position() as here \gset
select inventory._write_canary('11111111-1111-1111-1111-111111111111', 'test', false, 'abc', inventory.incarnation()) as nonce \gset
select is(test.news(:'here'), null, 'canaries are hidden');
select is(inventory._canary_exists(:'nonce'), true, 'a canary is there to be asked for');
select is(
    (select string_agg(kind::text || coalesce(' ' || (detail ->> 'nonce'), ''), ', ' order by kind = 'c')
     from inventory._drain(pg_snapshot_xmax(split_part(:'here', '.', 5)::pg_snapshot), array(select pg_snapshot_xip(split_part(:'here', '.', 5)::pg_snapshot)), now())),
    'P, c ' || :'nonce', 'stockd gets it'
);
select is(
    (select (detail ->> 'feed_rows')::integer
     from inventory._drain(pg_snapshot_xmax(split_part(:'here', '.', 5)::pg_snapshot), array(select pg_snapshot_xip(split_part(:'here', '.', 5)::pg_snapshot)), now())
     where kind = 'P'), 0, 'and does not count it'
);
select inventory._write_canary('11111111-1111-1111-1111-111111111111', 'test', false, 'abc', inventory.incarnation()) from generate_series(1, 40);
select is((select count(*) from inventory.inventory_event where type = 'canary' and correlation_id = '11111111-1111-1111-1111-111111111111'), 16::bigint,
    'the last 16 are kept');
select is(inventory._canary_exists(:'nonce'), false, 'older ones are not');
begin;
update inventory.settings set value = '1' where name = 'canaries_kept';
select inventory._write_canary('11111111-1111-1111-1111-111111111111', 'test', false, 'abc', inventory.incarnation()) as nonce \gset
select is(inventory._canary_exists(:'nonce'), true, 'the fewest that can be kept are the last one');
delete from inventory.settings where name = 'canaries_kept';
select inventory._write_canary('11111111-1111-1111-1111-111111111111', 'test', false, 'abc', inventory.incarnation()) as nonce \gset
select is(inventory._canary_exists(:'nonce'), true, 'without the setting canaries are kept too');
rollback;
select throws_ok(format('update inventory.settings set value = %L where name = %L', value, name), '23514', null, name || ' cannot be ' || value)
from (values ('canaries_kept', '0'), ('canaries_kept', '-1'), ('canaries_kept', '1001'), ('canaries_kept', '99999999999'),
    ('ledger_months_ahead', '-1'), ('ledger_months_ahead', '121'), ('ledger_months_ahead', '99999999999')) as wrong (name, value);
update inventory.daemons set seen_at = now() - interval '2 days', nonce = gen_random_uuid()
where instance_id = '11111111-1111-1111-1111-111111111111';
select inventory._write_canary('22222222-2222-2222-2222-222222222222', 'other', false, 'abc', inventory.incarnation());
select is((select count(*) from inventory.daemons where instance_id = '11111111-1111-1111-1111-111111111111')
    + (select count(*) from inventory.inventory_event where correlation_id = '11111111-1111-1111-1111-111111111111'), 0::bigint,
    'of a process that was silent for a day nothing stays');

-- A time that no bigint holds: it comes with rows that bring their times along, and must not stop every reader.
select is(array[inventory._unix_us('infinity'), inventory._unix_us('-infinity'), inventory._unix_us('294276-12-31'), inventory._unix_us('1970-01-02')],
    array[9223372036854775807, -9223372036854775808, 9223372036854775807, 86400000000], 'times beyond bigint are its ends');
select pg_snapshot_xmax(pg_current_snapshot()) as xmax \gset
set session_replication_role = replica;
insert into inventory.products (sku, name, updated_at) values ('feed-inf', 'Infinity', 'infinity');
reset session_replication_role;
select is((select (d.detail ->> 'updated_us')::bigint from inventory._drain(:'xmax', '{}', now()) as d
    where d.detail ->> 'sku' = 'feed-inf'), 9223372036854775807, 'a drain reads past the end of time');
delete from inventory.products where sku = 'feed-inf';

-- Wrong positions, each by its name
select is(pg_temp.try('select * from inventory.feed_after(''hello'')'), 'SD001 not a position: "hello"', 'what is no position');
select is(pg_temp.try('select * from inventory.feed_after(null)'), 'SD001 not a position: "<NULL>"', 'null');
select alike(pg_temp.try(format('select * from inventory.feed_after(%L)', :'start' || 'x')), 'SD001 %', 'a position with something added');
select alike(pg_temp.try(format('select * from inventory.feed_after(%L)', regexp_replace(:'start', '[^.]*$', '9:5:'))), 'SD001 %', 'a snapshot that is none');
select is(
    pg_temp.try(format('select * from inventory.feed_after(%L)', overlay(:'start' placing '0123456789abcdef' from 4 for 16))),
    'SD002 the position is of another incarnation of this database', 'a position of another incarnation'
);
select is(
    pg_temp.try(format('select inventory.covers(%L, %L)', overlay(:'start' placing '0123456789abcdef' from 4 for 16), :'ticket')),
    'SD002 the position is of another incarnation of this database', 'covers() refuses it as well'
);
-- What a dump leaves that is restored in place: the same server and database, another table.
begin;
select inventory.incarnation() as before, e.movement_id_floor as floor from inventory.epoch as e \gset
update inventory.epoch set table_oid = 1;
select alike(pg_temp.try(format('select * from inventory._drain(%L, ''{}'', now())', pg_snapshot_xmax(pg_current_snapshot()))), 'SD002 %', 'a drain over a restored dump is refused');
select isnt(inventory.incarnation(), :'before', 'a restored dump is another incarnation');
select is(e.movement_id_floor, (select max(movement_id) from inventory.stock_ledger), 'whose movements are no news') from inventory.epoch as e;
select is(inventory.incarnation(), inventory.incarnation(), 'once');
select is(pg_temp.try(format('select * from inventory._drain(%L, ''{}'', now())', pg_snapshot_xmax(pg_current_snapshot()))), 'done', 'and it is read on from there');
rollback;
select is(
    pg_temp.try(format('select * from inventory.feed_after(%L)', regexp_replace(:'start', '[^.]*$', '99999999:99999999:'))),
    'SD007 the position is from the future', 'a position from the future'
);
select is(pg_temp.try(format('select inventory.covers(%L, ''99999999'')', :'start')), 'SD007 the ticket 99999999 is from the future', 'a ticket from the future');
select is(pg_temp.try(format('select inventory.covers(%L, ''soon'')', :'start')), '22P02 not a ticket: "soon"', 'what is no ticket');

-- A clock that was set back by two hours, as positions from before see it: what is recorded now is older than their since.
select regexp_replace(inventory.position(), '\.[0-9]+\.[0-9]+\.([^.]*)$', format('.%1$s.%1$s.\1', (extract(epoch from now() + '2 hours') * 1000000)::bigint)) as ahead \gset
select dblink_exec('other', 'begin; insert into inventory.vendors (code, name) values (''feed-w'', ''W'')');
update inventory.inventory_stock set on_hand = on_hand + 1 where store_id = :a and product_id = :p1;
update inventory.inventory_stock set on_hand = on_hand + 1 where store_id = :a and product_id = :p1;
select is((select count(*) from inventory.feed_after(:'ahead')), 2::bigint, 'a clock that was set back hides no movement');
select is(
    (select (detail ->> 'feed_rows')::integer from inventory._drain(
        pg_snapshot_xmax(split_part(:'ahead', '.', 5)::pg_snapshot), array(select pg_snapshot_xip(split_part(:'ahead', '.', 5)::pg_snapshot)),
        now() + interval '2 hours') where kind = 'P'),
    2, 'nor from stockd'
);
select split_part(feed_position, '.', 3) as since, split_part(feed_position, '.', 4)::bigint as taken, feed_position from inventory.feed_after(:'ahead') limit 1 \gset
select is(:'since'::text, '0', 'and nothing is known of transactions that are still open');
select cmp_ok(:taken, '<=', (extract(epoch from now()) * 1000000)::bigint, 'from then on positions have the new time');
select feed_position as first_one from inventory.feed_after(:'ahead', 1) limit 1 \gset
select is(split_part(:'first_one', '.', 3) || ' ' || split_part(:'first_one', '.', 4), '0 0', 'also within an answer that the limit ends');
select dblink_exec('other', 'commit');
select is(test.news(:'feed_position'), 'vendor_created', 'which come when they end');

-- STABLE: a statement's position fits what it reads beside it, even when somebody commits while it runs.
select count(*) as events from inventory.inventory_event \gset
with committed as materialized (
    select dblink_exec('other', 'insert into inventory.vendors (code, name) values (''feed-v'', ''V'')') as done
)
select inventory.position() as during, (select count(*) from inventory.inventory_event) as seen from committed \gset
select is(:seen::bigint, :events::bigint, 'the statement did not see what was committed while it ran');
select is(test.news(:'during'), 'vendor_created', 'so its position leaves it to come');

-- Random histories: four writers with savepoints, aborts and long transactions, three readers with different limits.
create function pg_temp.random_history(in_seed double precision, in_steps integer) returns setof text language plpgsql as $$
declare
    v_writers text[] := array['w1', 'w2', 'w3', 'w4'];
    v_is_open boolean[] := array[false, false, false, false];
    v_limits integer[] := array[1, 7, 100000];
    v_positions text[] := array(select inventory.position() from generate_series(1, 3));
    v_seen text[][] := array[]::text[][];
    v_first_movement bigint := (select coalesce(max(movement_id), 0) from inventory.stock_ledger);
    v_first_event bigint := (select coalesce(max(event_seq), 0) from inventory.inventory_event);
    v_got text[];
    v_lists text[] := array['', '', ''];
    v_tickets text[] := array['', '', ''];
    v_expected text;
    v_position text;
    -- A fourth reader follows as stockd does: by keys, with the rows as they are.
    v_drained pg_snapshot := pg_current_snapshot();
    v_copy jsonb := '{}';
    w integer;
    r integer;
begin
    perform setseed(in_seed);
    for step in 1..in_steps loop
        if random() < 0.6 and step < in_steps - 8 then
            w := 1 + floor(random() * 4);
            if not v_is_open[w] then
                perform dblink_exec(v_writers[w], case when random() < 0.7 then 'begin' else 'begin isolation level repeatable read' end);
                v_is_open[w] := true;
            end if;
            case floor(random() * 6)
                when 0 then
                    perform dblink_exec(v_writers[w], format('update inventory.inventory_stock set on_hand = on_hand + 1 where product_id in (select product_id from inventory.products where sku like ''rnd-%s-%%'')', w));
                when 1 then
                    perform dblink_exec(v_writers[w], format('insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta) select %s, product_id, ''purchase'', 1 from inventory.products where sku like ''rnd-%s-1''', test.store('rnd'), w));
                when 2 then
                    perform dblink_exec(v_writers[w], format('savepoint s; update inventory.products set base_price = coalesce(base_price, 0) + 1 where sku = ''rnd-%s-2''; rollback to s', w));
                when 3 then
                    perform dblink_exec(v_writers[w], format('savepoint s; update inventory.products set base_price = coalesce(base_price, 0) + 1 where sku = ''rnd-%s-2''; release s', w));
                when 4 then
                    perform dblink_exec(v_writers[w], 'commit');
                    v_is_open[w] := false;
                else
                    perform dblink_exec(v_writers[w], case when random() < 0.3 then 'rollback' else 'commit' end);
                    v_is_open[w] := false;
            end case;
        else
            if random() < 0.5 then
                select min(d.detail ->> 'snapshot'), v_copy || coalesce(jsonb_object_agg(d.product_id, d.version) filter (where d.kind = 'S'), '{}')
                into v_position, v_copy
                from inventory._drain(pg_snapshot_xmax(v_drained), array(select pg_snapshot_xip(v_drained)), now()) as d;
                v_drained := v_position::pg_snapshot;
            end if;
            r := 1 + floor(random() * 3);
            if step > in_steps - 8 then
                for i in 1..4 loop
                    if v_is_open[i] then
                        perform dblink_exec(v_writers[i], 'commit');
                        v_is_open[i] := false;
                    end if;
                end loop;
            end if;
            loop
                select array_agg(coalesce('m' || f.movement_id, 'e' || f.event_id)), min(f.feed_position),
                    array_agg(distinct f.ticket)
                into v_got, v_position, v_seen
                from inventory.feed_after(v_positions[r], v_limits[r]) as f;
                exit when v_got is null;
                if v_tickets[r] <> '' and string_to_array(v_tickets[r], ' ') && v_seen then
                    return next format('reader %s got a transaction in two parts: %s', r, v_seen);
                end if;
                if exists (select from unnest(v_seen) as t where not inventory.covers(v_position, t)) then
                    return next format('reader %s: its position does not cover what it was given', r);
                end if;
                v_lists[r] := concat_ws(' ', nullif(v_lists[r], ''), array_to_string(v_got, ' '));
                v_tickets[r] := concat_ws(' ', nullif(v_tickets[r], ''), array_to_string(v_seen, ' '));
                v_positions[r] := v_position;
                exit when step <= in_steps - 8 and random() < 0.5;
            end loop;
        end if;
    end loop;
    for r in 1..3 loop
        loop
            select array_agg(coalesce('m' || f.movement_id, 'e' || f.event_id)), min(f.feed_position) into v_got, v_position
            from inventory.feed_after(v_positions[r], v_limits[r]) as f;
            exit when v_got is null;
            v_lists[r] := concat_ws(' ', nullif(v_lists[r], ''), array_to_string(v_got, ' '));
            v_positions[r] := v_position;
        end loop;
    end loop;
    select string_agg(x.id, ' ' order by x.id) into v_expected
    from (
        select 'm' || l.movement_id from inventory.stock_ledger as l where l.movement_id > v_first_movement
        union all
        select 'e' || e.event_id from inventory.inventory_event as e where e.event_seq > v_first_event and e.type <> 'canary'
    ) as x (id);
    for r in 1..3 loop
        if (select string_agg(x, ' ' order by x) from unnest(string_to_array(v_lists[r], ' ')) as x) is distinct from v_expected then
            return next format('reader %s got %s, there is %s', r, v_lists[r], v_expected);
        end if;
    end loop;
    select v_copy || coalesce(jsonb_object_agg(d.product_id, d.version) filter (where d.kind = 'S'), '{}') into v_copy
    from inventory._drain(pg_snapshot_xmax(v_drained), array(select pg_snapshot_xip(v_drained)), now()) as d;
    return query
    select format('the drained copy has %s at version %s, it is at %s', c.key, c.value, s.version)
    from jsonb_each_text(v_copy) as c
    join inventory.inventory_stock as s on s.product_id = c.key::bigint
    where s.version <> c.value::bigint;
    if coalesce(length(v_expected), 0) < 100 then
        return next 'hardly anything happened';
    end if;
end
$$;
select count(dblink_connect('w' || n, format('host=%s port=%s dbname=%s user=%s', :'HOST', :'PORT', :'DBNAME', :'USER'))) from generate_series(1, 4) as n;
select test.product(format('rnd-%s-%s', w, n)) from generate_series(1, 4) as w, generate_series(1, 3) as n;
insert into inventory.inventory_stock (store_id, product_id) select test.store('rnd'), product_id from inventory.products where sku like 'rnd-%';
select is_empty(format('select pg_temp.random_history(%s, 300)', seed), 'random history, seed ' || seed)
from unnest(array[0.1, 0.2, 0.3, 0.4, 0.5, 0.6]) as seed;

select is_empty('select test.contradictions()', 'Q1 holds');
select * from finish();
