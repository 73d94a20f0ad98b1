-- position() is STABLE: its snapshot is the one of the statement that asks.
-- missed by: pgtap/30_feed.sql
alter function inventory.position() volatile;
