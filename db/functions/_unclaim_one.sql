-- Gives a key that was claimed in this transaction and has no answer back: a retry under the same key runs again. Null is none.
-- Writes: inventory_deduction_idempotency, found by its index whatever plan looks cheap: the table was small once.
create or replace function inventory._unclaim_one(in_store_id bigint, in_scope text, in_key text) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
begin
    delete from inventory.inventory_deduction_idempotency as i
    where i.store_id = in_store_id and i.scope = in_scope and i.idempotency_key = in_key and i.result is null;
end
$$;

comment on function inventory._unclaim_one(bigint, text, text) is 'Gives a claimed key back.';
