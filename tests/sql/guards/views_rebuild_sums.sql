-- A rebuild adds up the sums, too.
-- missed by: views/test_a_rebuild_sets_right
select guard.edit('inventory._rebuild_sums', 'begin
    with sums as (', 'begin
    return;
    with sums as (');
