-- Sales and returns by country.
SELECT country, sum(units_sold) AS units_sold, sum(units_returned) AS units_returned, sum(net_revenue) AS net_revenue
FROM {curated}.sales_hourly
GROUP BY country
ORDER BY net_revenue DESC, country
LIMIT 20
