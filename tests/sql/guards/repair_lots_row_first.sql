-- Lots are repaired after their stock row.
-- missed by: pgtap/86_verify.sql
select guard.edit('inventory.repair', 'v_errors := inventory._stock_row_first(v_finding.finding_id);
            else', 'null;
            end if;
            if v_errors is null then');
