-- What each lot has left is what its entries come to.
-- missed by: pgtap/86_verify.sql
select guard.edit('inventory._verify_batch', ' or w.lots is not null', '');
