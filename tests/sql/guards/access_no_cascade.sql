-- A store that is listed does not go, and its logins to all stores with it.
-- missed by: pgtap/88_store_access.sql
alter table inventory.store_access drop constraint store_access_store_id_fk,
    add constraint store_access_store_id_fk foreign key (store_id) references inventory.stores on delete cascade;
