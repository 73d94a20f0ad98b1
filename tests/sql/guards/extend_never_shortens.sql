-- Prolonging makes nothing shorter.
-- missed by: pgtap/75_reservations.sql
select guard.edit('inventory.extend_reservation', 'greatest(h.expires_at, clock_timestamp() + v_ttl)', 'clock_timestamp() + v_ttl');
