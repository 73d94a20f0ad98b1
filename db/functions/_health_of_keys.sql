-- Health: are requests done once? The key's index, keys without an answer, keys that nobody prunes.
-- Reads: settings, inventory_deduction_idempotency, the catalog's indexes.
create or replace function inventory._health_of_keys(in_store_id bigint) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_is_unique boolean;
    v_unanswered bigint;
    v_oldest timestamptz := (
        select min(i.created_at) from inventory.inventory_deduction_idempotency as i where i.created_at < 'infinity'
    );
    v_days integer := (select s.value::integer from inventory.settings as s where s.name = 'offline_window_days');
begin
    select exists (
        select from pg_index as i
        where i.indrelid = 'inventory.inventory_deduction_idempotency'::regclass and i.indisunique and i.indisvalid and i.indpred is null
            and (
                select array_agg(a.attname::text order by a.attname::text) from pg_attribute as a
                where a.attrelid = i.indrelid and a.attnum = any (i.indkey)
            ) = '{idempotency_key,scope,store_id}'
    ) into v_is_unique;
    -- Inside the transaction at work there may be one; what others see is answered.
    select count(*) into v_unanswered
    from inventory.inventory_deduction_idempotency as i
    where i.store_id = in_store_id and i.created_at > now() - interval '24 hours' and i.created_at < now() - interval '1 minute'
        and i.result is null;
    return inventory._health_check(
        'Idempotency table',
        case
            when not v_is_unique then 'Keys are not unique: a request may be done twice.'
            when v_unanswered > 0 then format('%s keys of the last day have no answer: their requests would be answered with nothing.', v_unanswered)
        end,
        case when v_oldest < now() - make_interval(days => 2 * v_days) then
            format('The oldest key is from %s: no stockd prunes (--prune-interval), and nobody calls prune_idempotency_keys().', v_oldest::date) end,
        'Every key names one request and has its answer.',
        'Critical: the keys have no unique index, or a key of the last 24 hours has no answer. Warning: the oldest key is older than twice offline_window_days.',
        jsonb_build_object('is_unique', v_is_unique, 'unanswered', v_unanswered, 'oldest', v_oldest)
    );
end
$$;

comment on function inventory._health_of_keys(bigint) is 'Health: are requests done once?';
