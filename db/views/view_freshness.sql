-- How fresh each folded relation is. What waits is counted up to 10 000 feed rows.
create or replace view inventory.view_freshness with (security_invoker = true) as
select
    r.relation, case when r.is_folded then f.position_hash end as position,
    case when r.is_folded then f.age else pg_catalog.now() - f.analytics_at end as age,
    case when r.is_folded then f.rows_waiting end as rows_waiting,
    case when r.is_folded then f.folded_at else f.analytics_at end as last_fold,
    case when r.is_folded then f.fold_duration else f.analytics_duration end as last_fold_duration,
    case when r.is_folded then f.rebuilt_at else f.analytics_at end as last_rebuild,
    case when r.is_folded then f.rebuild_duration else f.analytics_duration end as last_rebuild_duration,
    case when r.is_folded then f.rebuild_reason end as last_rebuild_reason
from inventory._fold_freshness() as f
cross join (
    values
    ('inventory_summary_mv', true), ('inventory_by_shop_mv', true), ('inventory_by_shop_category_mv', true), ('low_stock_alerts_mv', true),
    ('inventory_analytics_mv', false)
) as r (relation, is_folded);

comment on view inventory.view_freshness is 'How fresh each folded relation is: its position, its age, what waits, when it was folded and rebuilt.';
comment on column inventory.view_freshness.relation is 'The relation.';
comment on column inventory.view_freshness.position is 'Short hash of the position that it shows; null when nothing was folded yet, and of the analytics, which are worked out now and then.';
comment on column inventory.view_freshness.age is 'Since when the oldest change is recorded that it does not have; 0 when it has all; null when nothing was folded yet. Of the analytics: since when they are worked out.';
comment on column inventory.view_freshness.rows_waiting is 'Feed rows that it does not have, at most 10 000.';
comment on column inventory.view_freshness.last_fold is 'When it was last folded.';
comment on column inventory.view_freshness.last_fold_duration is 'How long that took.';
comment on column inventory.view_freshness.last_rebuild is 'When it was last compared with the tables as a whole.';
comment on column inventory.view_freshness.last_rebuild_duration is 'How long that took.';
comment on column inventory.view_freshness.last_rebuild_reason is 'Why it was.';
