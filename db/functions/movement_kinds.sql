-- The kinds of movements that there are, for whoever named another one, and for clients.
create or replace function inventory.movement_kinds() returns text[]
language sql immutable parallel safe
return array[
    'direct', 'sale', 'deduction', 'purchase', 'opening', 'return', 'adjustment', 'compensation', 'reservation', 'release',
    'transfer_out', 'transfer_in', 'count'
];

comment on function inventory.movement_kinds() is 'The kinds of movements. All but direct, reservation and release may be inserted; those have other ways in.';
