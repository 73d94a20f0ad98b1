-- How fresh each folded relation is. What waits is counted up to 10 000 feed rows.
create or replace view inventory.view_freshness with (security_invoker = true) as
select
    r.relation, f.position_hash as position, f.age, f.rows_waiting, f.folded_at as last_fold, f.fold_duration as last_fold_duration,
    f.rebuilt_at as last_rebuild, f.rebuild_duration as last_rebuild_duration, f.rebuild_reason as last_rebuild_reason
from inventory._fold_freshness() as f
cross join (
    values ('inventory_summary_mv'), ('inventory_by_shop_mv'), ('inventory_by_shop_category_mv'), ('low_stock_alerts_mv')
) as r (relation)
union all
select
    'inventory_analytics_mv', f.position_hash, pg_catalog.now() - f.analytics_at, null, f.analytics_at, f.analytics_duration, f.analytics_at,
    f.analytics_duration, null
from inventory._fold_freshness() as f;

comment on view inventory.view_freshness is 'How fresh each folded relation is: its position, its age, what waits, when it was folded and rebuilt.';
comment on column inventory.view_freshness.relation is 'The relation.';
comment on column inventory.view_freshness.position is 'Short hash of the position that it shows; null when nothing was folded yet. Of the analytics: that of what they are worked out from.';
comment on column inventory.view_freshness.age is 'Since when the oldest change is recorded that it does not have; 0 when it has all; null when nothing was folded yet. Of the analytics: since when they are worked out.';
comment on column inventory.view_freshness.rows_waiting is 'Feed rows that it does not have, at most 10 000.';
comment on column inventory.view_freshness.last_fold is 'When it was last folded.';
comment on column inventory.view_freshness.last_fold_duration is 'How long that took.';
comment on column inventory.view_freshness.last_rebuild is 'When it was last compared with the tables as a whole.';
comment on column inventory.view_freshness.last_rebuild_duration is 'How long that took.';
comment on column inventory.view_freshness.last_rebuild_reason is 'Why it was.';
