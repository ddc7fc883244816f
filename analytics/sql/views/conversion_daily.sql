-- The share of each day's visits that ended in a purchase, robots left out.
SELECT
  CAST(event_date AS date) AS day,
  CAST(count(*) AS bigint) AS sessions,
  CAST(sum(CASE WHEN is_converted THEN 1 ELSE 0 END) AS bigint) AS converted,
  CAST(CAST(sum(CASE WHEN is_converted THEN 1 ELSE 0 END) AS double) / count(*) AS double) AS conversion
FROM {curated}.sessions
WHERE NOT is_bot
GROUP BY event_date
