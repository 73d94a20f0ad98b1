-- The short way of a payment is for holds whose time is not over,
-- missed by: pgtap/74_short_way.sql
select guard.edit('inventory._pay_one', ' and h.expires_at > clock_timestamp()', '');
