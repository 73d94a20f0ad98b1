-- that were not taken or given back,
-- missed by: pgtap/74_short_way.sql
select guard.edit('inventory._pay_one', ' and not l.is_settled', '');
select guard.edit('inventory._pay_one', ' and h.state = ''held''', '');
