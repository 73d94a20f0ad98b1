-- Records a change of a remainder that was made without a record.
--   in_version          of the movement that says so
--   in_before, in_after 'numerator/denominator'
-- Writes: stock_remainder_steps.
create or replace function inventory._write_remainder_step(
    in_store_id bigint, in_product_id bigint, in_version bigint, in_before text, in_after text
) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    v_before numeric[] := string_to_array(in_before, '/')::numeric[];
    v_after numeric[] := string_to_array(in_after, '/')::numeric[];
begin
    insert into inventory.stock_remainder_steps (
        store_id, product_id, version, numerator, denominator, numerator_after, denominator_after
    )
    select in_store_id, in_product_id, in_version, f.numerator, f.denominator, v_after[1], v_after[2]
    from inventory._fraction(v_after[1] * v_before[2] - v_before[1] * v_after[2], v_after[2] * v_before[2]) as f;
end
$$;

comment on function inventory._write_remainder_step(bigint, bigint, bigint, text, text) is
    'Records a change of a remainder that was made without a record.';
