-- Only what is held is committed or released.
-- missed by: pgtap/75_reservations.sql
select guard.edit('inventory._change_holds', 'and not h.is_settled and h.state in (''held'', c.state)', '');
