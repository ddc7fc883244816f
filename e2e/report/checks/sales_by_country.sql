SELECT country, sum(CASE WHEN line_type = 'sale' THEN quantity ELSE 0 END) AS units_sold,
  -sum(CASE WHEN line_type = 'return' THEN quantity ELSE 0 END) AS units_returned,
  sum(CASE WHEN line_type IN ('sale', 'return') THEN line_total ELSE 0 END) AS net_revenue
FROM {processed}.sales
GROUP BY country
ORDER BY net_revenue DESC, country
