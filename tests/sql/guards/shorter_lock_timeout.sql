-- Who asks for months with a lock_timeout of its own waits no longer than that: readers of the ledger queue behind it.
-- missed by: isolation/ledger_months
select guard.edit('inventory.make_ledger_months', 's.setting::integer not between 1 and 2000', 's.setting is not null');
