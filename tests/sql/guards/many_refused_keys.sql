-- The keys of refused requests are given back.
-- missed by: engine/test_a_batch_is_the_same
select guard.edit('inventory._finish_deductions', 'array(select in_answers[in_owners[k.id]] from unnest(v_keys) as k)', 'array(select in_answers[k.request] from unnest(v_keys) as k)');
