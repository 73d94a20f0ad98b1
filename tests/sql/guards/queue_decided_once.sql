-- A queued transaction is decided by one at a time.
-- missed by: engine/test_who_decides_second
select guard.edit('inventory._lock_queued', E'in_transaction_id\n    for no key update;', E'in_transaction_id;');
