-- So does that of a reservation.
-- missed by: pgtap/79_wrong_arguments.sql
select guard.edit('inventory._reserve_one', ' and s.available > -9222000000000000000', '');
