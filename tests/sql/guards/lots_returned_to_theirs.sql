-- A return goes to the lots that it came from.
-- missed by: pgtap/77_lots.sql
select guard.edit('inventory._post_movements', 'v_line.original_document_id is not null then', 'false then');
