-- The feed is read by index, whatever the statistics say.
-- missed by: pgtap/40_plans.sql
alter function inventory.feed_after(text, integer) reset enable_seqscan;
