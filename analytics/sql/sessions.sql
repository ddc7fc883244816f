-- Visits by day, robots left out.
SELECT event_date, count(*) AS sessions, sum(page_views) AS page_views, sum(purchases) AS purchases, sum(revenue) AS revenue
FROM {curated}.sessions
WHERE NOT is_bot
GROUP BY event_date
ORDER BY event_date DESC
LIMIT 31
