-- Says what is wrong with the arguments that all operations have. Returns when nothing is.
-- Raises 22001 for a text that is too long, 22008 for a time that is none, 22023 for an empty key.
-- Called by _begin_operation() when its one condition found something.
create or replace function inventory._check_arguments(
    in_reference text, in_reason text, in_actor text, in_correlation_id text, in_idempotency_key text, in_transaction_id text,
    in_occurred_at timestamptz
) returns void
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_argument record;
begin
    for v_argument in
        select a.name, a.value, a.longest
        from (values
            ('reference', in_reference, 500), ('reason', in_reason, 2000), ('actor', in_actor, 200),
            ('correlation_id', in_correlation_id, 200), ('idempotency_key', in_idempotency_key, 200),
            ('transaction_id', in_transaction_id, 200)
        ) as a (name, value, longest)
    loop
        if length(v_argument.value) > v_argument.longest then
            raise exception '% is too long', v_argument.name
                using errcode = 'string_data_right_truncation', detail = format('At most %s characters.', v_argument.longest);
        end if;
        if v_argument.value = '' and v_argument.name in ('idempotency_key', 'transaction_id') then
            raise exception '% is empty', v_argument.name
                using errcode = 'invalid_parameter_value', hint = 'Leave it out, or give one that names this request alone.';
        end if;
    end loop;
    -- One that every time zone writes with a year of four digits, so that it can be read again.
    if not in_occurred_at between '0001-01-02 00:00+00' and '9999-12-30 00:00+00' then
        raise exception 'an operation happens in the years 1 to 9999, not at %', in_occurred_at
            using errcode = 'datetime_field_overflow', hint = 'Leave occurred_at out: it is now by default.';
    end if;
end
$$;

comment on function inventory._check_arguments(text, text, text, text, text, text, timestamptz) is
    'Refuses arguments of an operation that are too long, empty or no time.';
