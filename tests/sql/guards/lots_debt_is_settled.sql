-- What comes in settles what is owed.
-- missed by: pgtap/77_lots.sql
select guard.edit('inventory._put_lot', 'if not found or v_debt.taken = 0 then', 'if true then');
