-- that were not taken or given back,
-- missed by: pgtap/74_short_way.sql
select guard.edit('inventory._pay_one', ' and not h.is_settled and h.state = ''held''', '');
