-- A time that is edited alone would be a change without an event.
-- missed by: pgtap/12_catalog_events.sql
select guard.edit('inventory.catalog_before_write', 'new.updated_at := old.updated_at;', '');
