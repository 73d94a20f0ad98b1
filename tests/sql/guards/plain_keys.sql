-- It is for keys that were not used.
-- missed by: pgtap/76_recipes.sql
-- missed by: engine/test_plain_lines
select guard.edit(
    'inventory._move_plain',
    E'order by u.store_id, u.key collate "C"\n        on conflict do nothing;\n        get diagnostics v_count = row_count;\n        if v_count <> cardinality(in_keys) then',
    E'order by u.store_id, u.key collate "C"\n        on conflict do nothing;\n        if false then'
);
