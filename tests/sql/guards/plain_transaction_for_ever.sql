-- and in a plain batch.
-- missed by: pgtap/76_recipes.sql
-- missed by: engine/test_plain_lines
select guard.edit(
    'inventory._move_plain',
    E'd (transaction_id, store_id, document_id)\n        on conflict do nothing;\n        get diagnostics v_count = row_count;\n        if v_count <> cardinality(in_keys) then',
    E'd (transaction_id, store_id, document_id)\n        on conflict do nothing;\n        if false then'
);
