-- A request in canonical form: what a second one under the same key is compared with. Nulls are left out, times are in UTC and not as
-- the session's time zone writes them. correlation_id is not part of it: each attempt may have its own.
--   in_request  what the operation has besides the common arguments, by name
create or replace function inventory._request(
    in_request jsonb, in_reference text, in_reason text, in_actor text, in_transaction_id text, in_occurred_at timestamptz
) returns jsonb
language sql stable
return pg_catalog.jsonb_strip_nulls(in_request || pg_catalog.jsonb_build_object(
    'reference', in_reference, 'reason', in_reason, 'actor', in_actor, 'transaction_id', in_transaction_id,
    'occurred_at', pg_catalog.timezone('UTC', in_occurred_at)
));

comment on function inventory._request(jsonb, text, text, text, text, timestamptz) is 'A request in canonical form.';
