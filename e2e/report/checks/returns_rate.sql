SELECT stock_code, units_sold, units_returned, CAST(units_returned AS double) / units_sold AS returns_rate
FROM (
  SELECT stock_code, sum(CASE WHEN line_type = 'sale' THEN quantity ELSE 0 END) AS units_sold,
    -sum(CASE WHEN line_type = 'return' THEN quantity ELSE 0 END) AS units_returned
  FROM {processed}.sales
  GROUP BY stock_code
) AS counted
WHERE units_sold >= 10
ORDER BY returns_rate DESC, stock_code
