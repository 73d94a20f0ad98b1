-- The short way claims its key before it changes anything.
-- missed by: engine/test_t7_concurrent_duplicates
-- missed by: pgtap/71_idempotency.sql
select guard.edit('inventory._move_one', 'if not found then
            return null;
        end if;
    end if;
    if in_transaction_id', 'end if;
    if in_transaction_id');
