-- Only what is held expires.
-- missed by: pgtap/75_reservations.sql
select guard.edit('inventory._expire_holds', 'and h.state = ''held''', '');
