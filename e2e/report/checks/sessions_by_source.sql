SELECT coalesce(utm_source, referrer_host, 'direct') AS source, count(*) AS sessions, count(CASE WHEN purchases > 0 THEN 1 END) AS converted,
  sum(revenue) AS revenue
FROM visits
WHERE robot = 0
GROUP BY coalesce(utm_source, referrer_host, 'direct')
ORDER BY sessions DESC, source
