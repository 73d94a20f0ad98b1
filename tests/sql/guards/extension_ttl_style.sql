-- And that of an extension.
-- missed by: pgtap/03_session_settings.sql
select guard.edit('inventory.extend_reservation', '''ttl'', extract(epoch from extend_reservation.ttl)', '''ttl'', extend_reservation.ttl');
