-- A whole pass walks everything again.
-- missed by: pgtap/86_verify.sql
select guard.edit('inventory._verify_batch', 'and c.verified_at >= in_since', '');
