-- What the short ways (_move_one(), _reserve_one(), _pay_one()) ask of the arguments that all operations have.
--   in_texts  all texts together: their limit is the least one of any
-- Returns whether they are so plain that nothing has to be checked or said: one key at most, no text that could be too long, no settings
-- of the writer.
-- No SET search_path: its callers fix it.
create or replace function inventory._is_plain(in_idempotency_key text, in_transaction_id text, in_occurred_at timestamptz, in_texts text)
returns boolean
language plpgsql stable
as $$
begin
    return not (
        in_idempotency_key is not null and in_transaction_id is not null or in_idempotency_key = '' or in_transaction_id = ''
        or length(in_texts) > 200
    ) is true
    and (in_occurred_at between '0001-01-02 00:00+00' and '9999-12-30 00:00+00') is not false
    and concat(
        current_setting('inventory.reason', true), current_setting('inventory.reference', true),
        current_setting('inventory.actor', true), current_setting('inventory.correlation_id', true)
    ) = '';
end
$$;

comment on function inventory._is_plain(text, text, timestamptz, text) is
    'Whether the arguments that all operations have are so plain that a short way may do it.';

-- The line of a request that has one, of nothing but sku, quantity and a price that is right.
--   in_priced  the field of its price, price or unit_cost; null when it may have none
-- Returns the line; null when it is not so simple.
-- No SET search_path: its callers fix it.
create or replace function inventory._one_line(in_lines jsonb, in_priced text) returns jsonb
language plpgsql immutable
as $$
declare
    v_line jsonb := in_lines -> 0;
begin
    if jsonb_typeof(in_lines) is distinct from 'array' or jsonb_array_length(in_lines) <> 1
        or jsonb_typeof(v_line) <> 'object' or v_line - array['sku', 'quantity', in_priced] <> '{}'
        or jsonb_typeof(v_line -> 'sku') is distinct from 'string'
        or jsonb_typeof(v_line -> 'quantity') is distinct from 'number'
        or v_line ? in_priced and (
            jsonb_typeof(v_line -> in_priced) <> 'number' or not (v_line -> in_priced)::numeric between 0 and 999999999999
            or min_scale((v_line -> in_priced)::numeric) > 6
        )
    then
        return null;
    end if;
    return v_line;
end
$$;

comment on function inventory._one_line(jsonb, text) is 'The line of a request that has one plain line; null when it is not so simple.';
