-- Longer texts are cut: what a setting says must not make a sale fail.
create or replace function inventory._writer_context(
    out reason text, out reference text, out actor text, out correlation_id text
)
language sql stable
return (
    pg_catalog.left(nullif(pg_catalog.current_setting('inventory.reason', true), ''), 2000),
    pg_catalog.left(nullif(pg_catalog.current_setting('inventory.reference', true), ''), 500),
    coalesce(pg_catalog.left(nullif(pg_catalog.current_setting('inventory.actor', true), ''), 200), session_user),
    pg_catalog.left(nullif(pg_catalog.current_setting('inventory.correlation_id', true), ''), 200)
);

comment on function inventory._writer_context() is
    'Why and who, as the writer said with set local inventory.reason, .reference, .actor, .correlation_id.';
