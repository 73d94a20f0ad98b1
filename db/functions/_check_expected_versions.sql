-- Refuses expected versions that are none.
--   in_expected  {sku: version}, 10 000 at most; null is none
-- Raises 22023 for another shape, SD006 for an unknown sku: one that is misspelt would not be compared. Reads: products.
create or replace function inventory._check_expected_versions(in_expected jsonb) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_wrong record;
begin
    if in_expected is null then
        return;
    end if;
    if jsonb_typeof(in_expected) <> 'object' or (select count(*) from jsonb_object_keys(in_expected)) > 10000 then
        raise exception 'expected_versions is an object of at most 10000 versions'
            using errcode = 'invalid_parameter_value', hint = 'Like {"MUG": 12}; validate_deduction() answers with one.';
    end if;
    for v_wrong in
        select e.key, e.value from jsonb_each(in_expected) as e
        where not case jsonb_typeof(e.value)
            when 'number' then e.value::numeric >= 0 and e.value::numeric < 1e18 and e.value::numeric = trunc(e.value::numeric)
            else false
        end
        limit 1
    loop
        raise exception 'expected_versions: the version of "%" cannot be %', left(v_wrong.key, 200), left(v_wrong.value::text, 60)
            using errcode = 'invalid_parameter_value', hint = 'A whole number; 0 where there is no stock row yet.';
    end loop;
    for v_wrong in
        select k.sku from jsonb_object_keys(in_expected) as k (sku)
        where not exists (select from inventory.products as p where p.sku = k.sku)
        limit 1
    loop
        raise exception 'expected_versions: no product has the sku "%"', left(v_wrong.sku, 200)
            using errcode = 'SD006', hint = 'Skus are case-sensitive: select sku from inventory.products.';
    end loop;
end
$$;

comment on function inventory._check_expected_versions(jsonb) is 'Refuses expected versions that are none.';
