-- What has expired is not prolonged.
-- missed by: pgtap/75_reservations.sql
select guard.edit('inventory.extend_reservation', 'and (h.state <> ''held'' or h.expires_at <= clock_timestamp())', 'and false');
