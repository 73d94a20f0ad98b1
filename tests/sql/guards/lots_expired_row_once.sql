-- What has expired of a stock row is summed up once, not for each line.
-- missed by: pgtap/77_lots.sql
select guard.edit('inventory._apply_changes', ' and row_number() over running = 1', '');
