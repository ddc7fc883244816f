-- The share of sold pieces that came back, by product, the highest first; products of fewer than 10 sold pieces left out.
SELECT stock_code, max(description) AS description, sum(units_sold) AS units_sold, sum(units_returned) AS units_returned,
  CAST(sum(units_returned) AS double) / sum(units_sold) AS returns_rate
FROM {curated}.sales_hourly
GROUP BY stock_code
HAVING sum(units_sold) >= 10
ORDER BY returns_rate DESC, stock_code
LIMIT 20
