-- Without its setting a canary does not forget itself.
-- missed by: pgtap/30_feed.sql
select guard.edit('inventory._write_canary', '''canaries_kept''), 16)', '''canaries_kept''), null)');
