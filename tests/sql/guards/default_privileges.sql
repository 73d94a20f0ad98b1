-- A new function is nobody's to call.
-- missed by: pgtap/20_privileges.sql
alter default privileges for role inventory_engine grant execute on functions to public;
