-- Known customers, their orders and their revenue by country.
SELECT
  CAST(country AS varchar) AS country,
  CAST(count(*) AS bigint) AS customers,
  CAST(sum(orders) AS bigint) AS orders,
  CAST(sum(net_revenue) AS decimal(38,4)) AS net_revenue
FROM {curated}.customer_value
WHERE NOT is_guest
GROUP BY country
