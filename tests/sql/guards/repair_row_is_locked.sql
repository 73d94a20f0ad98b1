-- A finding is repaired as it is when nobody can change it.
-- missed by: engine/test_a_finding_whose_row_is_being_sold_from
select guard.edit('inventory.repair', E'where s.store_id = v_finding.store_id and s.product_id = v_finding.product_id\n        for no key update;', 'where s.store_id = v_finding.store_id and s.product_id = v_finding.product_id;');
