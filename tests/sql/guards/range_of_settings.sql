-- A setting that no function can work with is refused where it is made.
-- missed by: pgtap/30_feed.sql
alter table inventory.settings drop constraint settings_range_ck;
