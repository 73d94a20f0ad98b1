-- What goes out of a hold is not refused for what others hold of what has expired.
-- missed by: pgtap/77_lots.sql
select guard.edit('inventory._apply_changes', 'or m.change < 0 and', 'or');
