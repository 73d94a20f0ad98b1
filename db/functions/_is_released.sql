-- Whether rows that a position has not read were let go. A transaction of its list that is still open has let nothing go.
--   in_released  the highest transaction id among feed rows that were let go
create or replace function inventory._is_released(in_xmax xid8, in_xip xid8[], in_released xid8) returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if in_released = '0' then
        return false;
    end if;
    return in_released >= in_xmax
        or exists (select from unnest(in_xip) as x where x <= in_released and pg_visible_in_snapshot(x, pg_current_snapshot()));
end
$$;

comment on function inventory._is_released(xid8, xid8[], xid8) is 'Whether feed rows that a position has not read were let go.';
