-- A lot that is used up is looked at when it has moved.
-- missed by: pgtap/86_verify.sql
select guard.edit('inventory._verify_batch', 't.version > e.from_lots_version and e.has_lots', 'false');
