-- The tail is read by transaction, whatever the statistics say.
-- missed by: pgtap/40_plans.sql
select guard.edit('inventory._unfolded', 'SET enable_seqscan TO ''off''', 'SET enable_seqscan TO ''on''');
