-- Where each day's visits came from and what they brought: the campaign's source, else the referring site, else direct.
SELECT
  CAST(event_date AS date) AS day,
  CAST(coalesce(utm_source, referrer_host, 'direct') AS varchar) AS source,
  CAST(count(*) AS bigint) AS sessions,
  CAST(sum(CASE WHEN is_converted THEN 1 ELSE 0 END) AS bigint) AS converted,
  CAST(sum(revenue) AS decimal(38,4)) AS revenue
FROM {curated}.sessions
WHERE NOT is_bot
GROUP BY event_date, coalesce(utm_source, referrer_host, 'direct')
