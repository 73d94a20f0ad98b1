-- It does nothing when its key was used,
-- missed by: pgtap/74_short_way.sql
select guard.edit('inventory._pay_one', E'on conflict do nothing;\n        if not found then\n            return null;\n        end if;', 'on conflict do nothing;');
