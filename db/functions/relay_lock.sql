-- The key of the advisory lock that elects one relay among the stockd processes of this database.
create or replace function inventory.relay_lock() returns bigint
language sql immutable parallel safe
return 6004511353635864578;

comment on function inventory.relay_lock() is 'Advisory lock key that elects the relay among the stockd processes of this database.';
