-- This transaction's ticket, for readers of stockd who are to see what it writes: its full transaction id.
-- Returns it as text. Gives the transaction an id, if it has none yet.
create or replace function inventory.ticket() returns text
language sql volatile parallel restricted
return pg_catalog.pg_current_xact_id()::text;

comment on function inventory.ticket() is
    'This transaction''s ticket. After its commit, a reader that waits for the ticket sees everything that the transaction wrote.';
