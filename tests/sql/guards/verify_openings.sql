-- Openings stand for months that were let go.
-- missed by: pgtap/86_verify.sql
select guard.edit('inventory._verify_batch', 'min(right(c.relname::text, 7)) >', 'min(right(c.relname::text, 7)) <');
