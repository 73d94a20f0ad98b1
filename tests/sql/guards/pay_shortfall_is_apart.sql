-- What a paid order did not get is not sold.
-- missed by: pgtap/75_reservations.sql
select guard.edit('inventory._write_shortfall', '''shortfall'', in_party', '''sale'', in_party');
