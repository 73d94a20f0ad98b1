-- The repair of a stock row brings its lots along.
-- missed by: pgtap/86_verify.sql
select guard.edit('inventory.repair', '
                    perform inventory._set_version(v_finding.store_id, v_finding.product_id, v_version);
                    perform inventory._repair_lots(v_finding.store_id, v_finding.product_id, v_version);', '
                    perform inventory._set_version(v_finding.store_id, v_finding.product_id, v_version);');
