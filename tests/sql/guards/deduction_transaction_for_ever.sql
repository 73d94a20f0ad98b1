-- A transaction id counts once for ever, on the short way too,
-- missed by: pgtap/74_short_way.sql
select guard.edit('inventory._move_one', 'inventory._is_deducted(v_found.store_id, in_transaction_id)', 'false');
