-- ENABLE ALWAYS: in the replica role an ordinary trigger is silent, and changes go unrecorded.
-- missed by: pgtap/13_replica_role.sql
-- missed by: pgtap/00_shape.sql
alter table inventory.inventory_stock enable trigger before_10_update;
alter table inventory.inventory_stock enable trigger after_10_update;
