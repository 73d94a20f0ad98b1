-- Whether movements of this kind count as units sold: sales, what recipes take, and what of both comes back.
create or replace function inventory._is_sale(in_kind text) returns boolean
language sql immutable parallel safe
return in_kind in ('sale', 'deduction', 'return', 'compensation');

comment on function inventory._is_sale(text) is 'Whether movements of this kind count as units sold.';
