-- N1: a writer tries the doorbell's lock and never waits for it, whatever holds it.
-- missed by: isolation/doorbell
create function guard.wait_for_the_doorbell() returns boolean language plpgsql set lock_timeout = '200ms' as $$
begin
    perform pg_advisory_xact_lock_shared(6004511353635864577);
    return true;
end
$$;
grant usage on schema guard to public;
alter table inventory.stock_ledger alter rung set default guard.wait_for_the_doorbell();
