-- A dump that was restored in place is another incarnation.
-- missed by: pgtap/30_feed.sql
select guard.edit('inventory.incarnation', 'or v_epoch.table_oid <> v_table then', 'then');
