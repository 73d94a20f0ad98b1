-- Reads the fields of a product that a caller gives.
--   in_product  the product before, or null for one that is new: what the caller leaves out stays
--   in_fields   {sku, name, description, vendor, category, base_price, availability, base_unit, pieces_per_pack, packs_per_box,
--               low_stock_threshold, allow_negative}, and active for one that is there; vendor and category are codes. Null takes a value
--               away where there may be none
-- Returns the product with them. Raises 22023 for what is no field or no value of one, 22001 for a text that is too long, SD006 for an
-- unknown vendor or category. Reads: vendors, categories.
create or replace function inventory._read_product(in_product inventory.products, in_fields jsonb) returns inventory.products
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_product inventory.products := in_product;
    v_known text[] := array[
        'sku', 'name', 'description', 'vendor', 'category', 'base_price', 'availability', 'base_unit', 'pieces_per_pack', 'packs_per_box',
        'low_stock_threshold', 'allow_negative'
    ] || case when in_product.product_id is null then '{}'::text[] else '{active}'::text[] end;
    v_field text;
    v_value jsonb;
    v_text text;
    v_longest integer;
    v_is_right boolean;
begin
    if jsonb_typeof(in_fields) is distinct from 'object' then
        raise exception 'a product is given as an object' using errcode = 'invalid_parameter_value', hint = 'Like {"sku": "MUG", "name": "Mug"}.';
    end if;
    for v_field, v_value in select e.key, e.value from jsonb_each(in_fields) as e loop
        if v_field <> all (v_known) then
            raise exception 'a product has no field "%"', left(v_field, 60)
                using errcode = 'invalid_parameter_value', hint = format('Known are %s.', array_to_string(v_known, ', '));
        end if;
        v_text := v_value #>> '{}';
        v_is_right := case
            when v_field in ('sku', 'name', 'availability', 'base_unit') then jsonb_typeof(v_value) = 'string' and (v_text <> '' or v_field = 'name')
            when v_field in ('description', 'vendor', 'category') then jsonb_typeof(v_value) in ('string', 'null')
            when v_field = 'base_price' then v_value = 'null' or jsonb_typeof(v_value) = 'number'
                and v_text::numeric >= 0 and v_text::numeric < 1e12 and min_scale(v_text::numeric) <= 6
            when v_field in ('pieces_per_pack', 'packs_per_box') then jsonb_typeof(v_value) = 'number'
                and v_text::numeric >= 1 and v_text::numeric <= 1000000000 and v_text::numeric = trunc(v_text::numeric)
            when v_field = 'low_stock_threshold' then v_value = 'null' or jsonb_typeof(v_value) = 'number'
                and v_text::numeric >= 0 and v_text::numeric < 1e18 and v_text::numeric = trunc(v_text::numeric)
            when v_field = 'allow_negative' then jsonb_typeof(v_value) in ('boolean', 'null')
            else jsonb_typeof(v_value) = 'boolean'
        end;
        if not v_is_right then
            raise exception '% cannot be %', v_field, left(v_value::text, 60)
                using errcode = 'invalid_parameter_value',
                hint = case
                    when v_field = 'base_price' then 'A number from 0 with at most 12 digits before the decimal point and 6 after it, or null.'
                    when v_field in ('pieces_per_pack', 'packs_per_box') then 'A whole number from 1 to 1000000000.'
                    when v_field = 'low_stock_threshold' then 'A whole number from 0 with at most 18 digits, or null.'
                    when v_field = 'allow_negative' then 'true, false, or null for what the store says.'
                    when v_field = 'active' then 'true or false.'
                    else 'A text.'
                end;
        end if;
        v_longest := case v_field when 'name' then 1000 when 'description' then 100000 when 'base_unit' then 50 else 200 end;
        if jsonb_typeof(v_value) = 'string' and length(v_text) > v_longest then
            raise exception '% is too long', v_field
                using errcode = 'string_data_right_truncation', detail = format('At most %s characters.', v_longest);
        end if;
        case v_field
            when 'sku' then v_product.sku := v_text;
            when 'name' then v_product.name := v_text;
            when 'description' then v_product.description := v_text;
            when 'vendor' then v_product.vendor_id := inventory._vendor_id(v_text);
            when 'category' then
                select c.category_id into v_product.category_id from inventory.categories as c where c.code = v_text;
                if not found and v_text is not null then
                    raise exception 'no category has the code "%"', left(v_text, 200)
                        using errcode = 'SD006', hint = 'Codes are case-sensitive: select code from inventory.categories.';
                end if;
            when 'base_price' then v_product.base_price := v_text::numeric;
            when 'availability' then
                perform inventory._check_availability(v_text, '');
                v_product.availability := v_text;
            when 'base_unit' then
                if v_text in ('box', 'pack') then
                    raise exception 'base_unit cannot be %', v_text
                        using errcode = 'invalid_parameter_value',
                        detail = 'A box and a pack are counted in base units, by pieces_per_pack and packs_per_box.',
                        hint = 'Give what one of them is a name of its own, or count in piece.';
                end if;
                v_product.base_unit := v_text;
            when 'pieces_per_pack' then v_product.pieces_per_pack := v_text::numeric::bigint;
            when 'packs_per_box' then v_product.packs_per_box := v_text::numeric::bigint;
            when 'low_stock_threshold' then v_product.low_stock_threshold := v_text::numeric::bigint;
            when 'allow_negative' then v_product.allow_negative := v_text::boolean;
            else v_product.active := v_text::boolean;
        end case;
    end loop;
    return v_product;
end
$$;

comment on function inventory._read_product(inventory.products, jsonb) is 'Reads the fields of a product that a caller gives.';
