-- The key of the doorbell, an advisory lock. Whoever writes to the feed tries to share it; a relay that waits for news holds it alone, so
-- that the try fails and the writer rings.
create or replace function inventory.doorbell_lock() returns bigint
language sql immutable parallel safe
return 6004511353635864577;

comment on function inventory.doorbell_lock() is
    'Advisory lock key of the doorbell: held exclusively by a parked relay, shared by every transaction that wrote to the feed.';
