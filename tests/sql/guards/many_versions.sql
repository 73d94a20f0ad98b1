-- A request of a batch is refused when a stock row that it takes has another version in its turn.
-- missed by: engine/test_a_batch_is_the_same
select guard.edit('inventory._deduct_batch', 'v_requests[v_request].expected -> v_row.sku <> to_jsonb(v_left[v_row.slot].version)', 'false');
