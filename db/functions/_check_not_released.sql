-- Raises SD003 when rows that the position has not read were let go. A transaction of its list that is still open has let
-- nothing go. Raises 40001 when a month was let go after this transaction's snapshot was taken: PostgreSQL drops a table for
-- everybody at once, while what says so (released_xid) is not in that snapshot.
-- Plain IFs around those that read a table: every drain comes here, and a condition without a query costs nothing.
-- Call it after the read that it vouches for: from then on the reader's lock on the ledger keeps rows from being let go, and
-- VOLATILE sees what was let go just before.
create or replace function inventory._check_not_released(in_xmax xid8, in_xip xid8[]) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    v_released xid8 := (select e.released_xid from inventory.epoch as e);
begin
    -- The older snapshot still lists the month, whose table is gone. With a snapshot per statement there is none.
    if current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
        if exists (
            select from pg_inherits as i
            where i.inhparent = 'inventory.stock_ledger_months'::regclass and pg_relation_filenode(i.inhrelid) is null
        ) then
            raise exception 'a month of the ledger was let go while this transaction was open'
                using errcode = 'serialization_failure', hint = 'Run the transaction again.';
        end if;
    end if;
    if v_released = '0' or not inventory._is_released(in_xmax, in_xip, v_released) then
        return;
    end if;
    raise exception 'the position is older than the feed that is kept'
        using errcode = 'SD003',
        detail = format('Rows of transactions up to %s were let go.', v_released),
        hint = 'Read the tables anew and go on from inventory.position().';
end
$$;

comment on function inventory._check_not_released(xid8, xid8[]) is
    'Raises SD003 when feed rows that a position still needs were let go, 40001 when that cannot be told.';
