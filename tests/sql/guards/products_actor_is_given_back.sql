-- The session's own actor is as before.
-- missed by: pgtap/85_products.sql
select guard.edit('inventory.create_product', 'perform inventory._speak_for(v_before.actor, v_before.correlation_id);', 'null;');
