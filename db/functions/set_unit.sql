-- Sets a named unit: one of it is numerator/denominator base units. A unit that exists gets a new version, which lines mean from now on;
-- what was recorded, and recipes, keep the old one. The same ratio again changes nothing.
--   name                    what lines call it; not box, pack or piece, which are columns of the product
--   numerator, denominator  whole numbers from 1 to 1 000 000 000
--   sku                     the product that it counts; or
--   base_unit               all products with this base unit, as kilogram counts gram
--   actor                   who; the login when left out
-- Returns the id of the version that is in force. Raises SD006 for an unknown sku, 22023 for neither or both of sku and base_unit, and
-- for a ratio or name out of range, and for the name of the base unit.
-- Reads: products. Writes: units. Locks: units against other calls.
create or replace function inventory.set_unit(
    name text, numerator bigint, denominator bigint default 1, sku text default null, base_unit text default null,
    actor text default null
) returns bigint
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_product_id bigint;
    v_last record;
    v_unit_id bigint;
begin
    if (set_unit.sku is null) = (set_unit.base_unit is null) then
        raise exception 'a unit belongs to a sku or to a base unit'
            using errcode = 'invalid_parameter_value', hint = 'Give one of sku and base_unit.';
    end if;
    if (length(set_unit.name) between 1 and 50 and set_unit.name not in ('box', 'pack', 'piece')) is not true then
        raise exception 'a unit has a name of 1 to 50 characters, other than box, pack and piece'
            using errcode = 'invalid_parameter_value', hint = 'These three are columns of the product.';
    end if;
    if length(set_unit.base_unit) not between 1 and 50 then
        raise exception 'a base unit has a name of 1 to 50 characters' using errcode = 'invalid_parameter_value';
    end if;
    if (set_unit.numerator between 1 and 1000000000 and set_unit.denominator between 1 and 1000000000) is not true then
        raise exception 'numerator and denominator are whole numbers from 1 to 1000000000' using errcode = 'invalid_parameter_value';
    end if;
    if set_unit.sku is not null then
        v_product_id := inventory._product_id(set_unit.sku);
    end if;
    -- Lines that name the base unit mean it, so that another one of this name would never count.
    if set_unit.name = coalesce(set_unit.base_unit, (select p.base_unit from inventory.products as p where p.product_id = v_product_id)) then
        raise exception '"%" is the base unit itself', set_unit.name
            using errcode = 'invalid_parameter_value', hint = 'Give the unit another name.';
    end if;
    perform inventory._check_arguments(null, null, set_unit.actor, null, null, null, null);
    -- Versions are dense, and changes rare.
    lock table inventory.units in share row exclusive mode;
    select u.unit_id, u.version, u.numerator, u.denominator into v_last
    from inventory.units as u
    where u.name = set_unit.name
        and u.product_id is not distinct from v_product_id and u.base_unit is not distinct from set_unit.base_unit
    order by u.version desc
    limit 1;
    if v_last.numerator = set_unit.numerator and v_last.denominator = set_unit.denominator then
        return v_last.unit_id;
    end if;
    insert into inventory.units (product_id, base_unit, name, version, numerator, denominator, actor)
    select
        v_product_id, set_unit.base_unit, set_unit.name, coalesce(v_last.version, 0) + 1, set_unit.numerator, set_unit.denominator,
        coalesce(set_unit.actor, c.actor)
    from inventory._writer_context() as c
    returning unit_id into v_unit_id;
    return v_unit_id;
end
$$;

comment on function inventory.set_unit(text, bigint, bigint, text, text, text) is
    'Sets a named unit of a product, or of all products with a base unit: one of it is numerator/denominator base units. Changes no history.';
