-- Whether a deduction of the store has had this transaction id; its key may have been pruned since.
create or replace function inventory._is_deducted(in_store_id bigint, in_transaction_id text) returns boolean
language sql stable
return exists (
    select from inventory.inventory_deductions as d where d.transaction_id = in_transaction_id and d.store_id = in_store_id
);

comment on function inventory._is_deducted(bigint, text) is 'Whether a deduction of the store has had this transaction id.';
