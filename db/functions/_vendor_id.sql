-- The key of a vendor, null for null.
-- Raises SD006 for a vendor that does not exist. Reads: vendors.
create or replace function inventory._vendor_id(in_code text) returns bigint
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_vendor_id bigint;
begin
    select v.vendor_id into v_vendor_id from inventory.vendors as v where v.code = in_code;
    if not found and in_code is not null then
        raise exception 'no vendor has the code "%"', left(in_code, 200)
            using errcode = 'SD006', hint = 'Codes are case-sensitive: select code from inventory.vendors.';
    end if;
    return v_vendor_id;
end
$$;

comment on function inventory._vendor_id(text) is 'The key of the vendor with this code.';
