-- It gives its key back when it does not do it,
-- missed by: pgtap/74_short_way.sql
select guard.edit('inventory._reserve_one', 'perform inventory._unclaim_one(v_found.store_id, ''reserve_stock'', in_idempotency_key);', '');
