-- The payment or the other sale that has the transaction id of a rejected sale keeps its answer.
-- missed by: pgtap/80_offline_queue.sql
select guard.edit('inventory.reject_transaction', 'elsif v_other is not null then', 'elsif v_other is not null then v_operation.transaction_id := v_row.transaction_id;');
