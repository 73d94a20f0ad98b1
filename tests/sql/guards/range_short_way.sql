-- The short way leaves balances near the ends of bigint to the long one, which says whose they are.
-- missed by: pgtap/79_wrong_arguments.sql
select guard.edit('inventory._move_one', 's.on_hand < 9222000000000000000 and s.available > -9222000000000000000 and ', '');
