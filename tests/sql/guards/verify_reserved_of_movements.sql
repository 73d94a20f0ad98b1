-- So is each balance of what is reserved.
-- missed by: pgtap/86_verify.sql
select guard.edit('inventory._verify_batch', 'or c.reserved_difference <> 0', '');
