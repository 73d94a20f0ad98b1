-- Those that change the list of logins take turns: two that change one table's privileges at the same time would fail, and the first one
-- needs every table for itself while the second one's foreign key has stores. So it comes before anything else of a statement.
-- Locks: of its own, to the end of the transaction. No SET lock_timeout: waiting for another one here is right.
create or replace function inventory._lock_store_access() returns void
language sql volatile
begin atomic
    select pg_catalog.pg_advisory_xact_lock(6004511353635864580);
end;

comment on function inventory._lock_store_access() is 'Those that change the list of logins take turns.';
