-- Nor does a new row bring times of its own.
-- missed by: pgtap/12_catalog_events.sql
select guard.edit('inventory.catalog_before_write', 'if current_setting(''session_replication_role'') <> ''replica'' then', 'if false then');
