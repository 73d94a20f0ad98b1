-- C1: an edit of the catalog writes its event.
-- missed by: pgtap/12_catalog_events.sql
-- missed by: pgtap/30_feed.sql
alter table inventory.products disable trigger after_10_update;
