WITH ordered AS (
  SELECT visitor_id, date(event_time) AS event_date, event_time, event_type, quantity, price, utm_source, referrer_host, is_bot, arrival_time, shard,
    length(sequence_number) AS digits, sequence_number, ordinal, row_number() OVER (
      PARTITION BY event_id ORDER BY arrival_time, shard, length(ltrim(sequence_number, '0')), ltrim(sequence_number, '0'), ordinal) AS copy
  FROM {processed}.clicks
),
paused AS (
  SELECT *, lag(event_time) OVER (PARTITION BY visitor_id, event_date ORDER BY event_time, arrival_time, shard, digits, sequence_number, ordinal) AS before
  FROM ordered
  WHERE copy = 1
),
begun AS (
  SELECT *, CASE WHEN before IS NULL OR event_time > before + INTERVAL '30' MINUTE THEN 1 ELSE 0 END AS starts FROM paused
),
numbered AS (
  SELECT *, sum(starts) OVER (PARTITION BY visitor_id, event_date ORDER BY event_time, arrival_time, shard, digits, sequence_number, ordinal
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS visit
  FROM begun
),
visits AS (
  SELECT event_date, max(CASE WHEN starts = 1 THEN utm_source END) AS utm_source, max(CASE WHEN starts = 1 THEN referrer_host END) AS referrer_host,
    max(CASE WHEN is_bot THEN 1 ELSE 0 END) AS robot, sum(CASE WHEN event_type = 'page_view' THEN 1 ELSE 0 END) AS page_views,
    sum(CASE WHEN event_type = 'purchase' THEN 1 ELSE 0 END) AS purchases,
    CAST(coalesce(sum(CASE WHEN event_type = 'purchase' THEN CAST(price AS decimal(12, 4)) * coalesce(quantity, 1) END), 0) AS decimal(18, 2)) AS revenue
  FROM numbered
  GROUP BY visitor_id, event_date, visit
)
