-- For WHEN: whether the statement is somebody's and not a function's of inventory_engine. A trigger's condition is read from its text
-- in every statement; this call is shorter to read than the comparison with a name that it stands for (16 000 instructions for
-- 24 000). For the same reason no SET search_path; the operator is qualified.
create or replace function inventory._is_client() returns boolean
language plpgsql stable
as $$
begin
    return current_user operator(pg_catalog.<>) 'inventory_engine';
end
$$;

comment on function inventory._is_client() is 'Whether somebody else than the functions of the schema writes.';
