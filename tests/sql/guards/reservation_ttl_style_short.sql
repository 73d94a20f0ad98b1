-- So it is on the short way.
-- missed by: pgtap/03_session_settings.sql
select guard.edit('inventory._reserve_one', '''ttl'', extract(epoch from in_ttl)', '''ttl'', in_ttl');
