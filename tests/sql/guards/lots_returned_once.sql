-- What was given back of an entry is not given back again.
-- missed by: pgtap/77_lots.sql
select guard.edit('inventory._give_entry_back', 'v_taken.quantity - v_taken.given', 'v_taken.quantity');
