SELECT date_trunc('hour', invoice_time) AS hour_start,
  sum(CASE WHEN line_type = 'sale' THEN quantity ELSE 0 END) AS units_sold,
  sum(CASE WHEN line_type = 'sale' THEN line_total ELSE 0 END) AS gross_revenue,
  -sum(CASE WHEN line_type = 'return' THEN line_total ELSE 0 END) AS returns_value,
  sum(CASE WHEN line_type IN ('sale', 'return') THEN line_total ELSE 0 END) AS net_revenue
FROM {processed}.sales
GROUP BY date_trunc('hour', invoice_time)
ORDER BY hour_start DESC
