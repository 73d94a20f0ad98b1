-- What the ledger says at a version that a finding names: the details as verify() would note them now.
--   in_kind  missing_movements, repeated_version or wrong_balance
-- Returns them, the balances after in_until, and when the movement after a gap was recorded; details null when nothing is wrong there.
-- Reads: stock_ledger.
create or replace function inventory._ledger_difference(
    in_store_id bigint, in_product_id bigint, in_kind text, in_version bigint,
    out details jsonb, out until_version bigint, out on_hand_difference numeric, out reserved_difference numeric,
    out on_hand numeric, out reserved numeric, out recorded_at timestamptz
)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
    v_next record;
begin
    -- The one before, and then the movements of the version, or the first one after the gap.
    with steps as (
        select
            s.*, coalesce(lag(s.version) over steps, 0) as before_version,
            s.on_hand_after::numeric - s.on_hand_delta - coalesce(lag(s.on_hand_after) over steps, 0) as on_hand_difference,
            s.reserved_after::numeric - s.reserved_delta - coalesce(lag(s.reserved_after) over steps, 0) as reserved_difference
        from (
            (select l.* from inventory.stock_ledger as l
            where l.store_id = in_store_id and l.product_id = in_product_id and l.version < in_version
            order by l.version desc, l.movement_id desc limit 1)
            union all
            (select l.* from inventory.stock_ledger as l
            where l.store_id = in_store_id and l.product_id = in_product_id and l.version >= in_version
            order by l.version, l.movement_id limit 10000)
        ) as s
        window steps as (order by s.version, s.movement_id)
    )
    select
        min(s.version) as version, sum(s.on_hand_difference) as on_hand_difference, sum(s.reserved_difference) as reserved_difference,
        count(*) as movements, min(s.on_hand_after - s.on_hand_delta) as on_hand, min(s.reserved_after - s.reserved_delta) as reserved,
        min(s.recorded_at) as recorded_at
    into v_next
    from steps as s
    where case in_kind
        when 'missing_movements' then s.version > in_version and s.before_version = in_version - 1
        when 'repeated_version' then s.version = in_version and s.before_version = in_version
        else s.version = in_version and s.before_version = in_version - 1
    end;
    if v_next.movements = 0 or in_kind = 'wrong_balance' and v_next.on_hand_difference = 0 and v_next.reserved_difference = 0 then
        return;
    end if;
    until_version := case in_kind when 'missing_movements' then v_next.version - 1 else v_next.version end;
    on_hand_difference := v_next.on_hand_difference;
    reserved_difference := v_next.reserved_difference;
    on_hand := v_next.on_hand;
    reserved := v_next.reserved;
    recorded_at := v_next.recorded_at;
    details := jsonb_build_object(
        'until_version', until_version, 'on_hand_difference', on_hand_difference, 'reserved_difference', reserved_difference
    );
end
$$;

comment on function inventory._ledger_difference(bigint, bigint, text, bigint) is 'What the ledger says at a version that a finding names.';
