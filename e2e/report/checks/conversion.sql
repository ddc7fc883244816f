SELECT event_date, count(*) AS sessions, count(CASE WHEN purchases > 0 THEN 1 END) AS converted,
  CAST(count(CASE WHEN purchases > 0 THEN 1 END) AS double) / count(*) AS conversion
FROM visits
WHERE robot = 0
GROUP BY event_date
ORDER BY event_date DESC
