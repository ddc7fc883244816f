-- Where visits came from and what they brought: the campaign's source, else the referring site, else direct.
SELECT coalesce(utm_source, referrer_host, 'direct') AS source, count(*) AS sessions,
  sum(CASE WHEN is_converted THEN 1 ELSE 0 END) AS converted, sum(revenue) AS revenue
FROM {curated}.sessions
WHERE NOT is_bot
GROUP BY coalesce(utm_source, referrer_host, 'direct')
ORDER BY sessions DESC, source
LIMIT 50
