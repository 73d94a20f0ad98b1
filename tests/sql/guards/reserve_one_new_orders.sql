-- It is for orders that reserved nothing before.
-- missed by: pgtap/74_short_way.sql
select guard.edit('inventory._reserve_one', E'on conflict do nothing\n    returning reservation_id into v_reservation_id;', 'on conflict (store_id, order_code) do update set document_id = excluded.document_id returning reservation_id into v_reservation_id;');
