-- breaking: no
-- role: installer
-- A new function is nobody's to call until grants.sql says whose, also when the migration ends before that: PostgreSQL would give it
-- to everybody. The owner of the tables makes their triggers, for which it must be allowed to call them.
alter default privileges for role inventory_owner, inventory_engine revoke execute on functions from public;
alter default privileges for role inventory_engine grant execute on functions to inventory_owner;
