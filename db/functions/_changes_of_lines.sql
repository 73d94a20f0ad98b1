-- The changes that lines ask for, one per line, in the operation's store.
--   in_sign  1 adds what the lines say, -1 takes it away
-- No SET search_path: its callers fix it.
create or replace function inventory._changes_of_lines(
    in_operation inventory.operation, in_kind text, in_sign integer, in_lines inventory.operation_line[]
) returns inventory.stock_change[]
language plpgsql immutable
as $$
declare
    v_changes inventory.stock_change[];
    v_line inventory.operation_line;
    v_place integer := 0;
begin
    foreach v_line in array in_lines loop
        v_place := v_place + 1;
        v_changes[v_place] := (
            v_line.line, in_operation.store_id, in_operation.store, v_line.product_id, v_line.sku, in_kind,
            in_sign * v_line.numerator, v_line.denominator,
            case v_line.denominator when 1 then in_sign * v_line.numerator end, 0
        );
    end loop;
    return v_changes;
end
$$;

comment on function inventory._changes_of_lines(inventory.operation, text, integer, inventory.operation_line[]) is
    'The changes that lines ask for.';
