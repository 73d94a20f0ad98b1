-- The fields that differ between two states of a row, as events tell them.
--   in_old, in_new  the states, as objects; null has no fields
--   in_fields       which are compared, in the order of the answer
-- Returns [{field, oldValue, newValue}], empty when none differs. Reads nothing.
create or replace function inventory._changed_fields(in_old jsonb, in_new jsonb, in_fields text[]) returns jsonb
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(
        jsonb_agg(
            jsonb_build_object('field', f.name, 'oldValue', in_old -> f.name, 'newValue', in_new -> f.name) order by f.ordinal
        ),
        '[]'
    )
    from unnest(in_fields) with ordinality as f (name, ordinal)
    where in_old -> f.name is distinct from in_new -> f.name
$$;

comment on function inventory._changed_fields(jsonb, jsonb, text[]) is
    '[{field, oldValue, newValue}] of the named fields that differ, in the order named.';
