-- Whether a deduction of the store has had this transaction id; its key may have been pruned since.
-- PL/pgSQL keeps the plan for the session; a function in SQL would be planned anew in every transaction that calls it.
create or replace function inventory._is_deducted(in_store_id bigint, in_transaction_id text) returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
    perform from inventory.inventory_deductions as d where d.transaction_id = in_transaction_id and d.store_id = in_store_id;
    return found;
end
$$;

comment on function inventory._is_deducted(bigint, text) is 'Whether a deduction of the store has had this transaction id.';
