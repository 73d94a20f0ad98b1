-- Whether this is a worker of logical replication. What it writes was captured where it comes from, and the movements and
-- events come along: it records nothing itself. A person's session with session_replication_role = replica is not meant.
-- By the list of workers: backend_type is hidden from a SECURITY DEFINER function.
create or replace function inventory._is_replicating() returns boolean
language sql stable
return pg_catalog.current_setting('session_replication_role') = 'replica' and exists (
    select from pg_catalog.pg_stat_get_subscription(null) as w where w.pid = pg_catalog.pg_backend_pid()
);

comment on function inventory._is_replicating() is 'Whether a worker of logical replication asks, whose rows were captured already.';
