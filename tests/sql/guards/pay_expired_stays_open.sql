-- An order that has expired may be paid.
-- missed by: pgtap/75_reservations.sql
select guard.edit('inventory._expire_holds', 'set state = ''expired'', changed_at', 'set state = ''expired'', is_settled = true, changed_at');
