-- breaking: no
-- Keeps the number for a change that is made beside this one; gone when that one comes.
select 1;
