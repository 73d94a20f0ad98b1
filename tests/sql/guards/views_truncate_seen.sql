-- An older snapshot does not see the TRUNCATE that emptied the table under it.
-- missed by: views/test_what_was_told_before_a_truncate
-- missed by: views/test_a_reader_whose_snapshot_is_older_than_a_truncate
select guard.edit('inventory._check_not_truncated', 'raise exception', 'raise notice');
