-- A cursor's fraction has all its digits.
-- missed by: views/test_pages_are_read_on_whatever_the_session_has_set
select guard.edit('inventory._view_page', ' SET extra_float_digits TO ''1''', '');
