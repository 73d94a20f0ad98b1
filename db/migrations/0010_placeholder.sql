-- breaking: no
-- Holds the number of a migration that is written beside this one; it takes this file's place when the two are merged.
select 1;
