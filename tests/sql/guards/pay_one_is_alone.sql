-- and are all that the order holds.
-- missed by: pgtap/74_short_way.sql
select guard.edit('inventory._pay_one', 'and o.product_id <> l.product_id', 'and false');
