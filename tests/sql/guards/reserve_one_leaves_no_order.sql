-- and leaves no order behind.
-- missed by: pgtap/74_short_way.sql
select guard.edit('inventory._reserve_one', 'delete from inventory.stock_reservations as r where r.reservation_id = v_reservation_id;', '');
