SELECT event_date, count(*) AS sessions, sum(page_views) AS page_views, sum(purchases) AS purchases, sum(revenue) AS revenue
FROM visits
WHERE robot = 0
GROUP BY event_date
ORDER BY event_date DESC
