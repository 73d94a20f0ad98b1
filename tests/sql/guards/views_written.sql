-- What the transaction itself wrote before would be folded now, and again when it is read.
-- missed by: views/test_it_refuses_a_transaction
select guard.edit('inventory.fold_views', 'if pg_current_xact_id_if_assigned() is not null then', 'if false then');
