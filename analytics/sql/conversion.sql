-- The share of each day's visits that ended in a purchase, robots left out.
SELECT event_date, count(*) AS sessions, sum(CASE WHEN is_converted THEN 1 ELSE 0 END) AS converted,
  CAST(sum(CASE WHEN is_converted THEN 1 ELSE 0 END) AS double) / count(*) AS conversion
FROM {curated}.sessions
WHERE NOT is_bot
GROUP BY event_date
ORDER BY event_date DESC
LIMIT 31
