-- Reads and checks the requests of a batch, each as deduct_inventory_atomic() does its arguments. Claims nothing.
--   in_requests  [{store, lines, transaction_id, ...}], 1 to 1000 with 10 000 lines together
-- Raises what deduct_inventory_atomic() raises, and says of which request. Reads: stores, products, units.
create or replace function inventory._read_deductions(in_requests jsonb) returns inventory.deduction_request[]
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    v_requests inventory.deduction_request[];
    v_request inventory.deduction_request;
    v_operation inventory.operation;
    v_value jsonb;
    v_place integer := 0;
    v_lines integer := 0;
    v_field text;
    v_occurred_at timestamptz;
    v_state text;
    v_message text;
    v_detail text;
    v_hint text;
begin
    if jsonb_typeof(in_requests) is distinct from 'array' or jsonb_array_length(in_requests) not between 1 and 1000 then
        raise exception 'requests are an array of 1 to 1000 objects'
            using errcode = 'invalid_parameter_value',
            hint = 'Like [{"store": "north", "lines": [{"sku": "MUG", "quantity": 2}], "transaction_id": "till3-000482"}].';
    end if;
    for v_value in select a.value from jsonb_array_elements(in_requests) as a loop
        v_place := v_place + 1;
        if jsonb_typeof(v_value) <> 'object' then
            raise exception 'this is no object' using errcode = 'invalid_parameter_value', detail = left(v_value::text, 200);
        end if;
        select e.key into v_field
        from jsonb_each(v_value) as e
        where e.key not in (
            'store', 'lines', 'transaction_id', 'expected_versions', 'reference', 'actor', 'occurred_at', 'idempotency_key',
            'correlation_id', 'reason', 'party'
        )
        limit 1;
        if found then
            raise exception 'unknown field "%"', left(v_field, 60)
                using errcode = 'invalid_parameter_value', hint = 'Fields are the arguments of deduct_inventory_atomic().';
        end if;
        select e.key into v_field
        from jsonb_each(v_value) as e
        where e.key not in ('lines', 'expected_versions') and jsonb_typeof(e.value) not in ('string', 'null')
        limit 1;
        if found then
            raise exception '% is no text', v_field
                using errcode = 'invalid_parameter_value', hint = 'All fields but lines and expected_versions are texts.';
        end if;
        if v_value ->> 'transaction_id' is null then
            raise exception 'no transaction_id is given'
                using errcode = 'null_value_not_allowed', hint = 'Make one per sale, and keep it over retries.';
        end if;
        v_occurred_at := inventory._point_in_time(v_value ->> 'occurred_at', 'occurred_at');
        -- Without keys it claims none.
        v_operation := inventory._begin_operation(
            'deduct_inventory_atomic', v_value ->> 'store', null, v_value ->> 'reference', v_value ->> 'actor',
            v_occurred_at, null, v_value ->> 'correlation_id', v_value ->> 'reason', null
        );
        perform inventory._check_arguments(
            null, null, null, null, v_value ->> 'idempotency_key', v_value ->> 'transaction_id', null
        );
        v_operation.idempotency_key := v_value ->> 'idempotency_key';
        v_operation.transaction_id := v_value ->> 'transaction_id';
        v_operation.request := inventory._request(
            jsonb_build_object(
                'operation', 'deduct_inventory_atomic', 'lines', v_value -> 'lines',
                'expected_versions', v_value -> 'expected_versions', 'party', v_value -> 'party'
            ),
            v_value ->> 'reference', v_value ->> 'reason', v_value ->> 'actor', v_value ->> 'transaction_id',
            v_occurred_at
        );
        v_request.operation := v_operation;
        v_request.party := v_value ->> 'party';
        v_request.expected := nullif(v_value -> 'expected_versions', 'null');
        v_request.lines := inventory._read_lines(v_value -> 'lines', array['price'], 'positive');
        perform inventory._check_party(v_request.party);
        perform inventory._check_expected_versions(v_request.expected);
        v_lines := v_lines + cardinality(v_request.lines);
        if v_lines > 10000 then
            raise exception 'the requests together have more than 10000 lines' using errcode = 'invalid_parameter_value';
        end if;
        v_requests[v_place] := v_request;
    end loop;
    return v_requests;
exception when others then
    -- Says of which request, once for the whole batch: a block per request would be a subtransaction each.
    get stacked diagnostics
        v_state = returned_sqlstate, v_message = message_text, v_detail = pg_exception_detail, v_hint = pg_exception_hint;
    perform inventory._raise(
        v_state, case when v_place = 0 then v_message else format('request %s: %s', v_place, v_message) end, v_detail, v_hint
    );
    return null;
end
$$;

comment on function inventory._read_deductions(jsonb) is 'Reads and checks the requests of a batch of deductions.';
