-- A cursor's time is read back as what it was, whatever DateStyle the session has.
-- missed by: views/test_pages_are_read_on_whatever_the_session_has_set
select guard.edit('inventory._view_page', ' SET "DateStyle" TO ''ISO''', '');
