-- Lets idempotency keys and refusals go that are older than the setting offline_window_days, the oldest first: until then a till that
-- was offline may still send its request again. A transaction id counts for ever: the key of one that no deduction has (a sale, a payment,
-- a rejection) stays, and is no longer among the oldest; of a deduction inventory_deductions keeps it.
--   limit  at most so many of each, 1 to 100 000; call it again while it returns as many
-- Returns how many keys it went through, or refusals if those were more. Raises 22023 for a limit out of range.
-- Reads: settings, inventory_deductions. Writes: inventory_deduction_idempotency, operation_refusals. Locks: the rows that go or stay; what
-- somebody holds is left for the next call.
create or replace function inventory.prune_idempotency_keys("limit" integer default 10000) returns bigint
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_until timestamptz := now() - make_interval(days => (
        select s.value::integer from inventory.settings as s where s.name = 'offline_window_days'
    ));
    v_refusals bigint;
    v_keys bigint;
begin
    if prune_idempotency_keys."limit" is null or prune_idempotency_keys."limit" not between 1 and 100000 then
        raise exception 'limit is a number from 1 to 100000' using errcode = 'invalid_parameter_value';
    end if;
    -- Refusals are numbered as they are recorded, but for those at work at once: the first are the oldest, and no others are looked at.
    delete from inventory.operation_refusals as r
    where r.refusal_id in (
        select o.refusal_id
        from inventory.operation_refusals as o
        where o.refusal_id in (select f.refusal_id from inventory.operation_refusals as f order by f.refusal_id limit prune_idempotency_keys."limit")
            and o.recorded_at < v_until
        for update of o skip locked
    );
    get diagnostics v_refusals = row_count;
    with old as materialized (
        select o.store_id, o.scope, o.idempotency_key
        from inventory.inventory_deduction_idempotency as o
        where o.created_at < v_until
        order by o.created_at
        limit prune_idempotency_keys."limit"
        for update skip locked
    ),
    judged as materialized (
        select
            o.*,
            o.scope = 'transaction' and not exists (
                select from inventory.inventory_deductions as d where d.transaction_id = o.idempotency_key and d.store_id = o.store_id
            ) as stays
        from old as o
    ),
    gone as (
        delete from inventory.inventory_deduction_idempotency as i
        using judged as j
        where not j.stays and i.store_id = j.store_id and i.scope = j.scope and i.idempotency_key = j.idempotency_key
    ),
    kept as (
        update inventory.inventory_deduction_idempotency as i set created_at = 'infinity'
        from judged as j
        where j.stays and i.store_id = j.store_id and i.scope = j.scope and i.idempotency_key = j.idempotency_key
    )
    select count(*) into v_keys from judged;
    return greatest(v_keys, v_refusals);
end
$$;

comment on function inventory.prune_idempotency_keys(integer) is
    'Lets idempotency keys and refusals go that are older than offline_window_days, a bounded number per call. Transaction ids count for ever.';
