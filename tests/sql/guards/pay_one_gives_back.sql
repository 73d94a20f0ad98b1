-- and gives it back when it does not do it.
-- missed by: pgtap/74_short_way.sql
select guard.edit('inventory._pay_one', 'perform inventory._unclaim_one(v_found.store_id, v_found.scope, v_found.key);', '');
