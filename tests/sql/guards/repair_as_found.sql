-- What is not as it was found is not repaired.
-- missed by: pgtap/86_verify.sql
select guard.edit('inventory.repair', 'elsif v_now is null or v_now <> v_finding.details then', 'elsif v_now is null then');
