-- The code of the one store that has a deduction with this transaction id.
-- Raises 22004 for null, SD006 when there is none, 22023 when several stores have one. Reads: inventory_deductions, stores.
create or replace function inventory._store_of_deduction(in_transaction_id text) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_stores text[] := array(
        select s.code
        from inventory.inventory_deductions as d
        join inventory.stores as s on s.store_id = d.store_id
        where d.transaction_id = in_transaction_id and inventory._may_use(d.store_id)
        order by s.code
        limit 2
    );
begin
    if in_transaction_id is null then
        raise exception 'no transaction_id is given' using errcode = 'null_value_not_allowed', hint = 'Give that of the deduction.';
    elsif cardinality(v_stores) = 0 then
        raise exception 'no deduction has the transaction_id "%"', left(in_transaction_id, 200)
            using errcode = 'SD006', hint = 'One that was refused took nothing.';
    elsif cardinality(v_stores) > 1 then
        raise exception 'several stores have a deduction with the transaction_id "%"', left(in_transaction_id, 200)
            using errcode = 'invalid_parameter_value', hint = 'Say which by store.';
    end if;
    return v_stores[1];
end
$$;

comment on function inventory._store_of_deduction(text) is 'The code of the one store that has a deduction with this transaction id.';
