-- Orders and revenue of known customers by country.
SELECT country, count(*) AS customers, sum(orders) AS orders, sum(net_revenue) AS net_revenue
FROM {curated}.customer_value
WHERE NOT is_guest
GROUP BY country
ORDER BY net_revenue DESC, country
LIMIT 20
