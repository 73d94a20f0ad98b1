-- The keys of a batch are claimed in one order.
-- missed by: engine/test_batches_that_share_keys
select guard.edit(
    'inventory._claim_keys', 'order by in_store_ids[o.place], in_scopes[o.place] collate "C", in_keys[o.place] collate "C"', 'order by o.place'
);
