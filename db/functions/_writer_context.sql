create or replace function inventory._writer_context(
    out reason text, out reference text, out actor text, out correlation_id text
)
language sql stable
return (
    nullif(pg_catalog.current_setting('inventory.reason', true), ''),
    nullif(pg_catalog.current_setting('inventory.reference', true), ''),
    coalesce(nullif(pg_catalog.current_setting('inventory.actor', true), ''), session_user),
    nullif(pg_catalog.current_setting('inventory.correlation_id', true), '')
);

comment on function inventory._writer_context() is
    'Why and who, as the writer said with set local inventory.reason, .reference, .actor, .correlation_id.';
