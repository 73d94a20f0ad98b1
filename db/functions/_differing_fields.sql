-- The fields in which two values of jsonb differ, by path: reference, lines[2].quantity. At most twenty.
--   in_path  where the values stand; empty for whole requests
create or replace function inventory._differing_fields(in_one jsonb, in_other jsonb, in_path text default '') returns text[]
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_fields text[] := array[]::text[];
    v_part record;
begin
    if in_one = in_other then
        return v_fields;
    elsif jsonb_typeof(in_one) = 'object' and jsonb_typeof(in_other) = 'object' then
        for v_part in
            select k.key, ltrim(in_path || '.' || k.key, '.') as path
            from (select jsonb_object_keys(in_one) union select jsonb_object_keys(in_other)) as k (key)
            order by k.key collate "C"
        loop
            exit when cardinality(v_fields) >= 20;
            v_fields := v_fields || inventory._differing_fields(in_one -> v_part.key, in_other -> v_part.key, v_part.path);
        end loop;
    elsif jsonb_typeof(in_one) = 'array' and jsonb_typeof(in_other) = 'array' then
        for v_place in 0..greatest(jsonb_array_length(in_one), jsonb_array_length(in_other)) - 1 loop
            exit when cardinality(v_fields) >= 20;
            v_fields := v_fields || inventory._differing_fields(
                in_one -> v_place, in_other -> v_place, format('%s[%s]', in_path, v_place + 1)
            );
        end loop;
    else
        v_fields := array[in_path];
    end if;
    return v_fields[:20];
end
$$;

comment on function inventory._differing_fields(jsonb, jsonb, text) is 'The fields in which two requests differ, by path.';
