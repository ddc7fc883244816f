-- Revenue by hour, the latest week of it. On much data, add a condition on hour_start: it decides which files are read. The net is not
-- read, but computed from what is.
SELECT hour_start, sum(units_sold) AS units_sold, sum(gross_revenue) AS gross_revenue,
  sum(returns_value) AS returns_value, sum(gross_revenue) - sum(returns_value) AS net_revenue
FROM {curated}.sales_hourly
GROUP BY hour_start
ORDER BY hour_start DESC
LIMIT 168
