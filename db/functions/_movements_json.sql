-- Movements as they stand in an answer: [{line, store, sku, kind, on_hand_delta, reserved_delta, on_hand, reserved, available, version}].
-- No SET search_path: its callers fix it.
create or replace function inventory._movements_json(in_movements inventory.stock_movement[]) returns jsonb
language plpgsql stable
as $$
declare
    v_movement inventory.stock_movement := in_movements[1];
begin
    -- One is what most operations move; the same as below.
    if cardinality(in_movements) = 1 then
        return jsonb_build_array(jsonb_build_object(
            'line', v_movement.line, 'store', v_movement.store, 'sku', v_movement.sku, 'kind', v_movement.kind,
            'on_hand_delta', v_movement.on_hand_delta, 'reserved_delta', v_movement.reserved_delta,
            'on_hand', v_movement.on_hand, 'reserved', v_movement.reserved,
            'available', v_movement.on_hand - v_movement.reserved, 'version', v_movement.version
        ));
    end if;
    return (
        select coalesce(
            jsonb_agg(
                jsonb_build_object(
                    'line', m.line, 'store', m.store, 'sku', m.sku, 'kind', m.kind, 'on_hand_delta', m.on_hand_delta,
                    'reserved_delta', m.reserved_delta, 'on_hand', m.on_hand, 'reserved', m.reserved,
                    'available', m.on_hand - m.reserved, 'version', m.version
                )
                order by m.place
            ),
            '[]'
        )
        from unnest(in_movements) with ordinality as m (
            line, store_id, store, product_id, sku, kind, on_hand_delta, reserved_delta, on_hand, reserved, version, place
        )
    );
end
$$;

comment on function inventory._movements_json(inventory.stock_movement[]) is 'Movements as they stand in an answer.';
