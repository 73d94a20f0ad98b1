-- Movements of one version are not torn apart.
-- missed by: pgtap/86_verify.sql
select guard.edit('inventory._verify_batch', 'where not r.is_cut or r.version < r.last_version', '');
