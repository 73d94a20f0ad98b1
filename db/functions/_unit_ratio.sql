-- How many base units one of a unit is, exactly. box, pack and piece are the product's columns; then comes the base unit's own name;
-- then units: the product's own before that of its base unit, the highest version. unit_id is null for the built-in ones.
-- Whoever keeps a quantity in a unit (a recipe) keeps unit_id or the ratio, never the name alone: a changed unit changes no past.
--   in_product_id, in_base_unit, in_pieces_per_pack, in_packs_per_box  of the product
-- Nulls when the product has no such unit. Reads: units.
create or replace function inventory._unit_ratio(
    in_product_id bigint, in_base_unit text, in_pieces_per_pack bigint, in_packs_per_box bigint, in_unit text,
    out numerator numeric, out denominator numeric, out unit_id bigint
)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
    denominator := 1;
    case in_unit
        when 'piece' then numerator := 1;
        when 'pack' then numerator := in_pieces_per_pack;
        when 'box' then numerator := in_pieces_per_pack::numeric * in_packs_per_box;
        when in_base_unit then numerator := 1;
        else
            select u.numerator, u.denominator, u.unit_id into numerator, denominator, unit_id
            from inventory.units as u
            where u.name = in_unit and (u.product_id = in_product_id or u.base_unit = in_base_unit)
            order by u.product_id nulls last, u.version desc
            limit 1;
    end case;
end
$$;

comment on function inventory._unit_ratio(bigint, text, bigint, bigint, text) is 'How many base units one of a unit is, exactly.';
