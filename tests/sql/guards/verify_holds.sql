-- Reserved is what orders hold.
-- missed by: pgtap/86_verify.sql
select guard.edit('inventory._verify_batch', 'where e.row_reserved <> e.held', 'where false');
