-- A call lets no more expire than its limit.
-- missed by: pgtap/75_reservations.sql
-- missed by: engine/test_t10_sweepers_at_once
select guard.edit('inventory.expire_reservations', E'limit expire_reservations."limit"\n        );', ');');
