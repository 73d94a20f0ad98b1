-- A finding is repaired once.
-- missed by: pgtap/86_verify.sql
-- missed by: engine/test_a_finding_is_repaired_once
select guard.edit('inventory.repair', 'if v_finding.repaired_at is not null or v_finding.gone_at is not null then', 'if false then');
