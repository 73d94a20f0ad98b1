-- What is booked after the last movement needs a stock row that agrees with it.
-- missed by: pgtap/86_verify.sql
select guard.edit('inventory.repair', 'if v_now -> ''version'' <> v_now -> ''ledger_version'' or v_now -> ''on_hand'' <> v_now -> ''ledger_on_hand''
                    or v_now -> ''reserved'' <> v_now -> ''ledger_reserved''', 'if false');
