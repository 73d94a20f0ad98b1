-- role: inventory_owner
-- Lets the ledger be published for logical replication, and received: a unique index names each movement, so that the publisher may
-- fill in a client's movement after it was inserted, and a subscriber finds it. Costs every movement one more index entry; call it
-- only where there is logical replication, on both sides. Harmless when repeated.
-- Locks: Share on the ledger while the index is built.
create or replace function inventory.allow_logical_replication() returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if to_regclass('inventory.stock_ledger_identity_uq') is null then
        create unique index stock_ledger_identity_uq on inventory.stock_ledger (movement_id, recorded_at);
        alter table inventory.stock_ledger replica identity using index stock_ledger_identity_uq;
    end if;
    perform inventory._identify_movements();
end
$$;

comment on function inventory.allow_logical_replication() is
    'Lets the ledger be published and received by logical replication. Call it on both sides, once.';
