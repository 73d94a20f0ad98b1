-- A position taken in a writing transaction does not claim what that transaction still writes.
-- missed by: pgtap/30_feed.sql
select guard.edit('inventory._settled_snapshot', 'if v_self is null or', 'if true or v_self is null or');
