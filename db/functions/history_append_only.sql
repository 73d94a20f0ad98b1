-- History is never changed, whoever asks. inventory_engine alone fills in movements and lets old canaries go.
-- A row trigger, so that it also guards the partitions.
create or replace function inventory.history_append_only() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if inventory._is_replicating() then
        -- The origin's functions fill in movements and move them between partitions, and that comes here too.
        return case tg_op when 'DELETE' then old else new end;
    end if;
    raise exception '% is append-only: % is refused', tg_table_name, tg_op
        using errcode = 'SD005',
        hint = 'Record the opposite movement (kind compensation or adjustment) instead.';
end
$$;

comment on function inventory.history_append_only() is 'Refuses every change of recorded history.';
